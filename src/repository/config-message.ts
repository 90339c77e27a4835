import protobuf from 'protobufjs';
import type { ModelConfig } from './model-config.ts';
import { getModelConfigType } from './model-config-proto.ts';

/**
 * A ModelConfig in the form that Triton prints: keys in the order of declaration, default scalars, lists and maps
 * included, unset messages omitted, enums by name, 64-bit integers as numbers (mcu ModelConfigToJson).
 * @param message a reflected message, or a plain object with the same field names
 */
export function toModelConfig(message: object): ModelConfig {
  return plainMessage(getModelConfigType(), message) as unknown as ModelConfig;
}

/** 64-bit integers that Triton prints as text, as protobuf does by default: its list of exceptions omits them. */
const PRINTED_AS_TEXT: ReadonlySet<string> = new Set([
  'Shape.dim',
  'SecondaryDevice.device_id',
  'InitialState.dims',
]);
const NONE: ReadonlySet<string> = new Set();

/** The body of `GET /v2/models/M/config`. */
export function modelConfigJson(config: ModelConfig): unknown {
  return plainMessage(getModelConfigType(), config, PRINTED_AS_TEXT);
}

/** The configuration as the bytes of a `ModelConfig`, as gRPC sends it. */
export function encodeModelConfig(config: ModelConfig): Uint8Array {
  const type = getModelConfigType();
  return type.encode(type.fromObject(config as unknown as Record<string, unknown>)).finish();
}

/** @param texts integers to print as text, by message and field */
function plainMessage(
  type: protobuf.Type,
  message: object,
  texts: ReadonlySet<string> = NONE,
): Record<string, unknown> {
  const source = message as Readonly<Record<string, unknown>>;
  const plain: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    const given = Object.hasOwn(source, field.name) ? source[field.name] : undefined;
    const value = plainField(field, given, texts);
    if (value !== undefined) plain[field.name] = value;
  }
  return plain;
}

function plainField(field: protobuf.Field, given: unknown, texts: ReadonlySet<string>): unknown {
  if (field instanceof protobuf.MapField) {
    // A key may be `__proto__`; entries made by fromEntries are own properties whatever their name.
    return Object.fromEntries(
      Object.entries((given ?? {}) as object).map(([key, value]) => [key, plainValue(field, value, texts)]),
    );
  }
  if (field.repeated) return ((given ?? []) as unknown[]).map((value) => plainValue(field, value, texts));
  if (given !== undefined && given !== null) return plainValue(field, given, texts);
  const hasPresence = field.partOf !== null || field.resolvedType instanceof protobuf.Type;
  return hasPresence ? undefined : plainValue(field, field.typeDefault, texts);
}

function plainValue(field: protobuf.Field, value: unknown, texts: ReadonlySet<string>): unknown {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Type) return plainMessage(resolvedType, value as object, texts);
  if (resolvedType instanceof protobuf.Enum)
    return typeof value === 'number' ? (resolvedType.valuesById[value] ?? value) : value;
  // 64-bit integers are `Long` objects.
  const plain = typeof value === 'object' ? Number(value) : value;
  return texts.has(`${field.parent?.name}.${field.name}`) ? String(plain) : plain;
}
