// The few ASN.1 types of an X.509 certificate in DER (X.690). Only what `certificate.ts` needs.

/** One element: its tag, its length and its content. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

export const sequence = (...parts: readonly Uint8Array[]) => element(0x30, ...parts);
export const set = (...parts: readonly Uint8Array[]) => element(0x31, ...parts);
export const octets = (...parts: readonly Uint8Array[]) => element(0x04, ...parts);
export const text = (value: string) => element(0x0c, Buffer.from(value));
export const truth = () => element(0x01, Buffer.from([0xff]));

/** A context-specific tag around whole elements (EXPLICIT, or IMPLICIT of a constructed type). */
export const tagged = (number: number, ...parts: readonly Uint8Array[]) => element(0xa0 | number, ...parts);
/** A context-specific tag in place of a primitive type's own. */
export const implicit = (number: number, content: Uint8Array) => element(0x80 | number, content);

/** A positive integer from its bytes, most significant first. */
export function integer(bytes: Uint8Array): Buffer {
  const isNegative = ((bytes[0] ?? 0) & 0x80) !== 0;
  return element(0x02, Buffer.from(isNegative ? [0] : []), bytes);
}

/** @param unused the number of unused bits at the end. */
export function bits(bytes: Uint8Array, unused = 0): Buffer {
  return element(0x03, Buffer.from([unused]), bytes);
}

/** An object identifier in dotted notation. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** UTCTime, whose years end in 2049; GeneralizedTime after that, as RFC 5280 wants. */
export function time(value: Date): Buffer {
  const digits = `${value.toISOString().replace(/\D/g, '').slice(0, 14)}Z`;
  return value.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(digits.slice(2)))
    : element(0x18, Buffer.from(digits));
}

export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}

function base128(value: number): readonly number[] {
  const digits = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128))
    digits.unshift(0x80 | (rest % 128));
  return digits;
}
