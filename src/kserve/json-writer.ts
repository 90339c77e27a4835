import type { Datatype } from './datatypes.ts';
import { encodeUtf8 } from './json-string.ts';
import { invalidArgument } from './kserve-error.ts';

// Texts are bytes as Latin-1 characters, so that BYTES tensors pass through unchanged.

/** Writes a decoded text as a JSON string. */
export function quoteText(text: string): string {
  return quoteBytes(encodeUtf8(text));
}

/** Writes bytes (as Latin-1 characters) as a JSON string, with quote, backslash and control characters escaped. */
export function quoteBytes(bytes: string): string {
  return `"${NEEDS_ESCAPE.test(bytes) ? bytes.replace(ESCAPED, escapeCharacter) : bytes}"`;
}

/** Writes a number as Triton writes a double: shortest digits, `.0` for whole numbers, no plus in exponents. */
export function writeDouble(value: number): string {
  if (Number.isInteger(value)) {
    if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
    if (Math.abs(value) < 1e21) return `${value}.0`;
  }
  const written = String(value);
  return written.includes('+') ? written.replace('+', '') : written;
}

/**
 * Writes the elements of a tensor as a flat JSON array.
 * @throws KServeError for FP16 and BF16, which JSON cannot carry.
 */
export function writeTensorData(datatype: Datatype, data: Uint8Array, count: number): string {
  if (datatype === 'BYTES') return `[${writeStrings(data)}]`;
  if (datatype === 'FP16' || datatype === 'BF16')
    throw invalidArgument(
      `sending ${datatype} data via JSON is not supported. Please use the binary data format for output`,
    );
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const write = WRITERS[datatype];
  const pieces: string[] = new Array(count);
  for (let index = 0; index < count; index += 1) pieces[index] = write(view, index);
  return `[${pieces.join(',')}]`;
}

const WRITERS: Readonly<
  Record<Exclude<Datatype, 'FP16' | 'BF16' | 'BYTES'>, (view: DataView, index: number) => string>
> = {
  BOOL: (view, index) => (view.getUint8(index) ? 'true' : 'false'),
  UINT8: (view, index) => String(view.getUint8(index)),
  UINT16: (view, index) => String(view.getUint16(index * 2, true)),
  UINT32: (view, index) => String(view.getUint32(index * 4, true)),
  UINT64: (view, index) => String(view.getBigUint64(index * 8, true)),
  INT8: (view, index) => String(view.getInt8(index)),
  INT16: (view, index) => String(view.getInt16(index * 2, true)),
  INT32: (view, index) => String(view.getInt32(index * 4, true)),
  INT64: (view, index) => String(view.getBigInt64(index * 8, true)),
  FP32: (view, index) => writeDouble(view.getFloat32(index * 4, true)),
  FP64: (view, index) => writeDouble(view.getFloat64(index * 8, true)),
};

function writeStrings(data: Uint8Array): string {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const pieces: string[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    pieces.push(quoteBytes(bytes.toString('latin1', at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return pieces.join(',');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them bare
const NEEDS_ESCAPE = /["\\\u0000-\u001f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them bare
const ESCAPED = /["\\\u0000-\u001f]/g;
const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return SHORT[character] ?? `\\u${code}`;
}
