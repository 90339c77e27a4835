import { syntaxError } from './json-value.ts';

// Texts are bytes as Latin-1 characters, so that offsets count bytes and BYTES tensors stay unchanged.

/** Returns the end of the string whose quote is at `start`. @throws KServeError as Triton's parser words it */
export function skipString(text: string, start: number): number {
  let at = start + 1;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === 34) return at + 1;
    if (code === 92) at = skipEscape(text, at);
    else if (code === 0 || Number.isNaN(code))
      throw syntaxError('Missing a closing quotation mark in string.', at);
    else if (code < 32) throw syntaxError('Invalid escape character in string.', at);
    else at += 1;
  }
}

/** The text of a string that `skipString` passed over. */
export function stringValue(text: string, start: number, end: number): string {
  return decodeUtf8(stringBytes(text, start, end));
}

/** The bytes of a string that `skipString` passed over. */
export function stringBytes(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end - 1);
  return raw.includes('\\') ? withoutEscapes(raw) : raw;
}

function skipEscape(text: string, at: number): number {
  const letter = text[at + 1] ?? '';
  if (letter !== 'u') {
    if (letter !== '' && '"\\/bfnrt'.includes(letter)) return at + 2;
    throw syntaxError('Invalid escape character in string.', at);
  }
  const first = hexValue(text, at);
  // The second half of a pair may occur alone, the first half may not.
  if (first < 0xd800 || first > 0xdbff) return at + 6;
  const invalid = () => syntaxError('The surrogate pair in string is invalid.', at);
  if (text[at + 6] !== '\\' || text[at + 7] !== 'u') throw invalid();
  const second = hexValue(text, at + 6);
  if (second < 0xdc00 || second > 0xdfff) throw invalid();
  return at + 12;
}

function hexValue(text: string, at: number): number {
  const digits = text.slice(at + 2, at + 6);
  if (/^[0-9a-fA-F]{4}$/.test(digits)) return Number.parseInt(digits, 16);
  throw syntaxError('Incorrect hex digit after \\u escape in string.', at);
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function withoutEscapes(raw: string): string {
  return raw.replace(/\\u([dD][89abAB]..\\u....|....)|\\(.)/g, (_all, code: string, letter: string) => {
    if (letter) return ESCAPES[letter] ?? letter;
    const character = JSON.parse(`"\\u${code}"`) as string;
    return /^[\udc00-\udfff]$/.test(character) ? loneSurrogate(character) : encodeUtf8(character);
  });
}

/** Three bytes in UTF-8's scheme that no decoder accepts as a character. */
function loneSurrogate(character: string): string {
  const code = character.charCodeAt(0);
  return String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
}

/** Decodes UTF-8 bytes given as Latin-1 characters. */
export function decodeUtf8(bytes: string): string {
  return isAscii(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Encodes a text as UTF-8 bytes in Latin-1 characters. */
export function encodeUtf8(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 127) return false;
  return true;
}
