import { internal } from './kserve-error.ts';

/** A number that was written with a fraction or exponent, or is too large for an integer: never an integer. */
export class JsonDouble {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** An array that was checked but not built: from its `[` to behind its `]` in the text it was read from. */
export class JsonSpan {
  readonly start: number;
  readonly end: number;
  constructor(start: number, end: number) {
    this.start = start;
    this.end = end;
  }
}

/** Integers are numbers, or bigints where a number would not be exact; strings are decoded. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | JsonDouble
  | JsonSpan
  | JsonValue[]
  | JsonObject;
export type JsonObject = Map<string, JsonValue>;

/**
 * Reads a JSON text the way Triton's parser does: the first of equal keys wins, 64-bit integers stay exact,
 * `NaN`, `Inf` and `Infinity` are numbers, and a mistake is told with that parser's words and byte offset.
 * Arrays below a key `data` come as spans, so that tensors are decoded once, straight into their bytes.
 * @param text the bytes as Latin-1 characters, so that offsets count bytes.
 * @throws KServeError 500 `failed to parse the request JSON buffer: TEXT at OFFSET`
 */
export function readJson(text: string): JsonValue {
  return new JsonReader(text).document();
}

/** Deeper documents than this are refused; nothing that is a request comes near it. */
const MAX_DEPTH = 1_000;

class JsonReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonValue {
    const first = this.#next();
    if (Number.isNaN(first) || first === COMMA || first === COLON || first === 93 || first === 125)
      throw this.#error('The document is empty.');
    const value = this.#value(first, false);
    if (!Number.isNaN(this.#next()))
      throw this.#error('The document root must not be followed by other values.');
    return value;
  }

  /** The character code of the next token; NaN at the end. */
  #next(): number {
    let code = this.#text.charCodeAt(this.#at);
    while (code === 32 || code === 10 || code === 13 || code === 9) {
      this.#at += 1;
      code = this.#text.charCodeAt(this.#at);
    }
    return code === 0 ? Number.NaN : code;
  }

  #value(first: number, spans: boolean): JsonValue {
    switch (first) {
      case 34:
        return this.#string();
      case 123:
        return this.#object();
      case 91:
        return spans ? this.#span() : this.#array();
      case 116:
        return this.#word('true', true);
      case 102:
        return this.#word('false', false);
      case 110:
        return this.#word('null', null);
      default:
        return this.#number(true);
    }
  }

  #object(): JsonObject {
    this.#enter();
    const members: JsonObject = new Map();
    this.#at += 1;
    let code = this.#next();
    if (code === 125) {
      this.#leave();
      return members;
    }
    for (;;) {
      if (code !== 34) throw this.#error('Missing a name for object member.');
      const key = this.#string();
      if (this.#next() !== COLON) throw this.#error('Missing a colon after a name of object member.');
      this.#at += 1;
      code = this.#next();
      this.#refuseNoValue(code);
      const value = this.#value(code, key === 'data');
      if (!members.has(key)) members.set(key, value);
      code = this.#next();
      if (code === 125) break;
      if (code !== COMMA) throw this.#error('Missing a comma or } after an object member.');
      this.#at += 1;
      code = this.#next();
    }
    this.#leave();
    return members;
  }

  #array(): JsonValue[] {
    this.#enter();
    const elements: JsonValue[] = [];
    this.#at += 1;
    let code = this.#next();
    if (code === 93) {
      this.#leave();
      return elements;
    }
    for (;;) {
      this.#refuseNoValue(code);
      elements.push(this.#value(code, false));
      code = this.#next();
      if (code === 93) break;
      if (code !== COMMA) throw this.#error('Missing a comma or ] after an array element.');
      this.#at += 1;
      code = this.#next();
    }
    this.#leave();
    return elements;
  }

  /** Checks an array of any depth without building it. */
  #span(): JsonSpan {
    const start = this.#at;
    let depth = 0;
    let code = 91;
    for (;;) {
      if (code === 91) {
        depth += 1;
        this.#at += 1;
        code = this.#next();
        if (code !== 93) {
          this.#refuseNoValue(code);
          continue;
        }
      } else if (code === 34) {
        this.#skipString();
        code = this.#next();
      } else if (code === 123) {
        this.#object();
        code = this.#next();
      } else if (code === 116 || code === 102 || code === 110) {
        this.#value(code, false);
        code = this.#next();
      } else {
        this.#number(false);
        code = this.#next();
      }
      while (code === 93) {
        depth -= 1;
        this.#at += 1;
        if (depth === 0) return new JsonSpan(start, this.#at);
        code = this.#next();
      }
      if (code !== COMMA) throw this.#error('Missing a comma or ] after an array element.');
      this.#at += 1;
      code = this.#next();
      this.#refuseNoValue(code);
    }
  }

  #refuseNoValue(code: number): void {
    if (code === COMMA || code === COLON || code === 93 || code === 125 || Number.isNaN(code))
      throw this.#error('Invalid value.');
  }

  #word<T>(word: string, value: T): T {
    for (const letter of word) {
      if (this.#text[this.#at] !== letter) throw this.#error('Invalid value.');
      this.#at += 1;
    }
    return value;
  }

  #string(): string {
    const start = this.#at + 1;
    const plain = this.#skipString();
    const raw = this.#text.slice(start, this.#at - 1);
    return decodeUtf8(plain ? raw : unescapeJson(raw));
  }

  /** Passes over a string; true where it holds no escape. */
  #skipString(): boolean {
    const text = this.#text;
    let plain = true;
    let at = this.#at + 1;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === 34) break;
      if (code === 92) {
        plain = false;
        at = this.#skipEscape(at);
      } else if (code < 32 || Number.isNaN(code)) {
        this.#at = at;
        throw this.#error(
          code > 0 ? 'Invalid encoding in string.' : 'Missing a closing quotation mark in string.',
        );
      } else {
        at += 1;
      }
    }
    this.#at = at + 1;
    return plain;
  }

  #skipEscape(at: number): number {
    const letter = this.#text[at + 1] ?? '';
    if (letter !== 'u') {
      if (letter !== '' && '"\\/bfnrt'.includes(letter)) return at + 2;
      this.#at = at;
      throw this.#error('Invalid escape character in string.');
    }
    const high = this.#hex(at);
    if (high >= 0xdc00 && high <= 0xdfff) throw this.#surrogate(at);
    if (high < 0xd800 || high > 0xdbff) return at + 6;
    if (this.#text[at + 6] !== '\\' || this.#text[at + 7] !== 'u') throw this.#surrogate(at);
    const low = this.#hex(at + 6);
    if (low < 0xdc00 || low > 0xdfff) throw this.#surrogate(at);
    return at + 12;
  }

  #hex(at: number): number {
    const digits = this.#text.slice(at + 2, at + 6);
    if (/^[0-9a-fA-F]{4}$/.test(digits)) return Number.parseInt(digits, 16);
    this.#at = at;
    throw this.#error('Incorrect hex digit after \\u escape in string.');
  }

  #surrogate(at: number): Error {
    this.#at = at;
    return this.#error('The surrogate pair in string is invalid.');
  }

  /** Reads a number; its value is made only when asked for. */
  #number(wanted: boolean): number | bigint | JsonDouble {
    const text = this.#text;
    const start = this.#at;
    let at = start;
    if (text.charCodeAt(at) === 45) at += 1;
    const first = text.charCodeAt(at);
    if (first === 48) {
      at += 1;
    } else if (first >= 49 && first <= 57) {
      at = skipDigits(text, at + 1);
    } else if (first === 78 || first === 73) {
      return this.#notFinite(at, start !== at);
    } else {
      this.#at = at;
      throw this.#error('Invalid value.');
    }
    let integer = true;
    if (text.charCodeAt(at) === 46) {
      integer = false;
      const end = skipDigits(text, at + 1);
      if (end === at + 1) this.#fail(end, 'Miss fraction part in number.');
      at = end;
    }
    const exponent = text.charCodeAt(at);
    if (exponent === 101 || exponent === 69) {
      integer = false;
      const sign = text.charCodeAt(at + 1);
      const digits = sign === 43 || sign === 45 ? at + 2 : at + 1;
      at = skipDigits(text, digits);
      if (at === digits) this.#fail(at, 'Miss exponent in number.');
    }
    this.#at = at;
    if (!wanted && at - start < 300 && integer) return 0;
    return this.#numberValue(start, at, integer);
  }

  #numberValue(start: number, end: number, integer: boolean): number | bigint | JsonDouble {
    const written = this.#text.slice(start, end);
    const value = Number(written);
    if (!Number.isFinite(value)) this.#fail(start, 'Number too big to be stored in double.');
    if (!integer) return new JsonDouble(value);
    if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
    const exact = BigInt(written);
    return exact >= MIN_INT64 && exact <= MAX_UINT64 ? exact : new JsonDouble(value);
  }

  #notFinite(at: number, negative: boolean): JsonDouble {
    const text = this.#text;
    if (text.startsWith('NaN', at)) {
      this.#at = at + 3;
      return new JsonDouble(Number.NaN);
    }
    if (!text.startsWith('Inf', at)) this.#fail(at + 1, 'Invalid value.');
    this.#at = at + 3;
    if (text[at + 3] === 'i') {
      if (!text.startsWith('inity', at + 3)) this.#fail(at + 3, 'Invalid value.');
      this.#at = at + 8;
    }
    return new JsonDouble(negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
  }

  #enter(): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw this.#error('Terminate parsing due to Handler error.');
  }

  #leave(): void {
    this.#at += 1;
    this.#depth -= 1;
  }

  #fail(at: number, message: string): never {
    this.#at = at;
    throw this.#error(message);
  }

  #error(message: string): Error {
    return internal(`failed to parse the request JSON buffer: ${message} at ${this.#at}`);
  }
}

const COMMA = 44;
const COLON = 58;
const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;

function skipDigits(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code >= 48 && code <= 57; code = text.charCodeAt(at)) at += 1;
  return at;
}

/** Latin-1 characters that are the bytes of a UTF-8 text as that text. */
export function decodeUtf8(bytes: string): string {
  return isAscii(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}

/** A text as Latin-1 characters that are its UTF-8 bytes. */
export function encodeUtf8(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 127) return false;
  return true;
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** The bytes that a checked JSON string stands for; `\u` escapes become UTF-8. */
export function unescapeJson(raw: string): string {
  return raw.replace(/\\u([dD][89abAB]..\\u....|....)|\\(.)/g, (_all, code: string, letter: string) => {
    if (letter) return ESCAPES[letter] ?? letter;
    return encodeUtf8(JSON.parse(`"\\u${code}"`) as string);
  });
}
