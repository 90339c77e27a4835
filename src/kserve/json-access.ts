import { JsonDouble, type JsonObject, JsonSpan, type JsonValue } from './json-value.ts';
import { internal } from './kserve-error.ts';

// Accessors with the messages of Triton's own (`common/include/triton/common/triton_json.h`). A wrong type is an
// internal error there, and so becomes 500; `context` is the caller's prefix, such as `Unable to parse 'id': `.

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

export function memberOf(object: JsonValue, key: string, context: string): JsonValue {
  const value = isObject(object) ? object.get(key) : undefined;
  if (value === undefined) throw internal(`${context}attempt to access non-existing object member '${key}'`);
  return value;
}

/** Triton reads strings as C strings, which end at a NUL. */
export function asString(value: JsonValue, context: string): string {
  if (typeof value !== 'string') throw wrong(context, 'string');
  const end = value.indexOf('\0');
  return end < 0 ? value : value.slice(0, end);
}

export function asBoolean(value: JsonValue, context: string): boolean {
  if (typeof value !== 'boolean') throw wrong(context, 'boolean');
  return value;
}

export function asArray(value: JsonValue, context: string): readonly JsonValue[] {
  if (!Array.isArray(value)) throw wrong(context, 'array');
  return value;
}

export function asSpan(value: JsonValue, context: string): JsonSpan {
  if (!(value instanceof JsonSpan)) throw wrong(context, 'array');
  return value;
}

/** An integer >= 0, rounded beyond 2^53, which affects only sizes that are refused anyway. */
export function asUnsigned(value: JsonValue, context: string): number {
  if ((typeof value === 'number' || typeof value === 'bigint') && value >= 0) return Number(value);
  throw wrong(context, 'unsigned-integer');
}

/** A custom request parameter; undefined for null, arrays and objects, which Triton refuses. */
export function asParameter(value: JsonValue): string | number | bigint | boolean | undefined {
  if (value instanceof JsonDouble) return value.value;
  if (typeof value === 'object') return undefined;
  return value;
}

function wrong(context: string, kind: string): Error {
  return internal(`${context}attempt to access JSON non-${kind} as ${kind}`);
}
