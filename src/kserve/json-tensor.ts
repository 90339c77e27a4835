import { type Datatype, ELEMENT_BYTES } from './datatypes.ts';
import { doubleValue } from './json-double.ts';
import { skipString, stringBytes } from './json-string.ts';
import type { JsonSpan } from './json-value.ts';
import { internal, invalidArgument } from './kserve-error.ts';

/** How deep arrays inside `data` may be nested. */
const MAX_NESTING = 100;

/**
 * Decodes a JSON `data` array into the tensor's bytes. Only the number of elements counts, not their nesting; integers
 * are truncated to their type's width, as Triton does.
 * @param text the text that `span` refers to.
 * @throws KServeError with Triton's texts for a wrong kind or number of elements, or too deep nesting.
 */
export function decodeJsonTensor(
  text: string,
  span: JsonSpan,
  datatype: Exclude<Datatype, 'FP16' | 'BF16'>,
  count: number,
): Uint8Array {
  if (datatype === 'BYTES') return decodeStrings(text, span);
  const bytes = new Uint8Array(count * ELEMENT_BYTES[datatype]);
  const store = STORES[datatype](bytes.buffer);
  let index = 0;
  forEachElement(text, span, "Unable to parse 'data': ", (start, end) => {
    if (index === count) throw wrongCount();
    store(text, start, end, index);
    index += 1;
  });
  if (index < count) throw wrongCount();
  return bytes;
}

type Store = (text: string, start: number, end: number, index: number) => void;

const STORES: Readonly<Record<Exclude<Datatype, 'FP16' | 'BF16' | 'BYTES'>, (at: ArrayBuffer) => Store>> = {
  BOOL: (at) => storeBoolean(new Uint8Array(at)),
  UINT8: (at) => storeInteger(new Uint8Array(at), 'unsigned'),
  UINT16: (at) => storeInteger(new Uint16Array(at), 'unsigned'),
  UINT32: (at) => storeInteger(new Uint32Array(at), 'unsigned'),
  UINT64: (at) => storeLong(new BigUint64Array(at), 'unsigned'),
  INT8: (at) => storeInteger(new Int8Array(at), 'signed'),
  INT16: (at) => storeInteger(new Int16Array(at), 'signed'),
  INT32: (at) => storeInteger(new Int32Array(at), 'signed'),
  INT64: (at) => storeLong(new BigInt64Array(at), 'signed'),
  FP32: (at) => storeFloat(new Float32Array(at)),
  FP64: (at) => storeFloat(new Float64Array(at)),
};

function storeBoolean(target: Uint8Array): Store {
  return (text, start, end, index) => {
    const isTrue = text.startsWith('true', start);
    if (!isTrue && !text.startsWith('false', start)) throw wrongKind('boolean', 'boolean');
    if (end - start > 5) throw wrongKind('boolean', 'boolean');
    target[index] = isTrue ? 1 : 0;
  };
}

type Sign = 'signed' | 'unsigned';

function storeInteger(
  target: Uint8Array | Uint16Array | Uint32Array | Int8Array | Int16Array | Int32Array,
  sign: Sign,
): Store {
  return (text, start, end, index) => {
    const value = smallInteger(text, start, end);
    if (value === undefined || (value < 0 && sign === 'unsigned')) {
      target[index] = Number(BigInt.asIntN(32, longInteger(text, start, end, sign)));
    } else {
      target[index] = value;
    }
  };
}

function storeLong(target: BigUint64Array | BigInt64Array, sign: Sign): Store {
  return (text, start, end, index) => {
    const value = smallInteger(text, start, end);
    target[index] = value === undefined || value < 0 ? longInteger(text, start, end, sign) : BigInt(value);
  };
}

function storeFloat(target: Float32Array | Float64Array): Store {
  return (text, start, end, index) => {
    const code = text.charCodeAt(start);
    if (code === 34 || code === 116 || code === 102 || code === 110 || code === 123)
      throw wrongKind('number', 'double');
    target[index] = doubleValue(text, start, end);
  };
}

/** Reads an integer of up to 15 digits; undefined for anything else. */
function smallInteger(text: string, start: number, end: number): number | undefined {
  const negative = text.charCodeAt(start) === 45;
  let at = negative ? start + 1 : start;
  if (end - at > 15 || end === at) return undefined;
  let value = 0;
  for (; at < end; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return negative && value !== 0 ? -value : value;
}

function longInteger(text: string, start: number, end: number, sign: Sign): bigint {
  const written = text.slice(start, end);
  const kind = `${sign}-integer`;
  if (!/^-?\d+$/.test(written)) throw wrongKind(kind, kind);
  const value = BigInt(written);
  const fits =
    sign === 'signed' ? value >= -(2n ** 63n) && value < 2n ** 63n : value >= 0n && value < 2n ** 64n;
  if (!fits) throw wrongKind(kind, kind);
  return value;
}

/** The number of elements of a value, nested arrays included; 1 for a value that is not an array. */
export function countElements(text: string, span: JsonSpan): number {
  let count = 0;
  forEachElement(text, span, "Unable to parse 'data': ", () => {
    count += 1;
  });
  return count;
}

/** Accepts any number of strings: Triton counts them later, with the checks of its core. */
function decodeStrings(text: string, span: JsonSpan): Uint8Array {
  const parts: Buffer[] = [];
  let size = 0;
  forEachElement(text, span, '', (start, end) => {
    if (text.charCodeAt(start) !== 34)
      throw internal('Unable to parse JSON bytes array: attempt to access JSON non-string as string');
    const bytes = Buffer.from(stringBytes(text, start, end), 'latin1');
    parts.push(bytes);
    size += 4 + bytes.length;
  });
  const target = Buffer.allocUnsafe(size);
  let at = 0;
  for (const part of parts) {
    at = target.writeUInt32LE(part.length, at);
    at += part.copy(target, at);
  }
  return target;
}

/**
 * Calls `visit` with the bounds of every element that is not an array, depth first; a value other than an array is
 * one element.
 */
function forEachElement(
  text: string,
  span: JsonSpan,
  prefix: string,
  visit: (start: number, end: number) => void,
): void {
  if (text.charCodeAt(span.start) !== 91) {
    visit(span.start, span.end);
    return;
  }
  let depth = 0;
  let at = span.start;
  while (at < span.end) {
    const code = text.charCodeAt(at);
    if (code === 91) {
      depth += 1;
      if (depth > MAX_NESTING)
        throw invalidArgument(`${prefix}JSON nesting depth exceeds maximum allowed limit (${MAX_NESTING})`);
      at += 1;
    } else if (code === 93) {
      depth -= 1;
      at += 1;
    } else if (code === 44 || code <= 32) {
      at += 1;
    } else {
      const end = elementEnd(text, at, code);
      visit(at, end);
      at = end;
    }
  }
}

function elementEnd(text: string, start: number, first: number): number {
  if (first === 34) return skipString(text, start);
  let at = start + 1;
  for (let code = text.charCodeAt(at); code !== 44 && code !== 93 && code > 32; code = text.charCodeAt(at))
    at += 1;
  return at;
}

function wrongKind(kind: string, wanted: string): Error {
  return internal(`Unable to parse 'data': attempt to access JSON non-${kind} as ${wanted}`);
}

function wrongCount(): Error {
  return internal("Unable to parse 'data': Shape does not match true shape of 'data' field");
}
