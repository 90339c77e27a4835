import { numberValue, skipNumber, skipWord } from './json-number.ts';
import { skipString, stringValue } from './json-string.ts';
import { type JsonObject, JsonSpan, type JsonValue, syntaxError } from './json-value.ts';

/**
 * Reads a JSON text the way Triton's parser does: the first of equal keys wins, 64-bit integers stay exact,
 * `NaN`, `Inf` and `Infinity` are numbers, and errors have that parser's message and byte offset.
 * Arrays below a key `data` become spans, so that tensors are decoded once, directly into their bytes.
 * @param text the bytes as Latin-1 characters, so that offsets count bytes.
 * @throws KServeError 500 `failed to parse the request JSON buffer: TEXT at OFFSET`
 */
export function readJson(text: string): JsonValue {
  return new JsonReader(text, 'data').document();
}

/** A member of an object and the location of its value in the text. */
export interface JsonMember {
  readonly key: string;
  /** Arrays become spans. */
  readonly value: JsonValue;
  readonly span: JsonSpan;
}

/**
 * The members of a JSON object in order, equal keys included; undefined for a document that is not an object.
 * @throws KServeError like `readJson`
 */
export function readJsonMembers(text: string): readonly JsonMember[] | undefined {
  const members: JsonMember[] = [];
  const root = new JsonReader(text, 'all', members).document();
  return root instanceof Map ? members : undefined;
}

/** The maximum depth of a document, far beyond that of any request. */
const MAX_DEPTH = 1_000;
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';
const COMMA = 44;
const COLON = 58;

class JsonReader {
  readonly #text: string;
  readonly #spans: 'data' | 'all';
  /** Receives the members of the root object. */
  readonly #members: JsonMember[] | undefined;
  #at = 0;
  #depth = 0;

  constructor(text: string, spans: 'data' | 'all', members?: JsonMember[]) {
    this.#text = text;
    this.#spans = spans;
    this.#members = members;
  }

  document(): JsonValue {
    if (this.#text.startsWith(BYTE_ORDER_MARK)) this.#at = BYTE_ORDER_MARK.length;
    const first = this.#next();
    if (Number.isNaN(first)) throw this.#error('The document is empty.');
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

  #value(first: number, span: boolean): JsonValue {
    switch (first) {
      case 34:
        return this.#string();
      case 123:
        return this.#object();
      case 91:
        return span ? this.#span() : this.#array();
      case 116:
        return this.#word('true', true);
      case 102:
        return this.#word('false', false);
      case 110:
        return this.#word('null', null);
      default: {
        const start = this.#at;
        this.#at = skipNumber(this.#text, start);
        return numberValue(this.#text, start, this.#at);
      }
    }
  }

  #object(): JsonObject {
    this.#enter();
    const members: JsonObject = new Map();
    const collected = this.#depth === 1 ? this.#members : undefined;
    this.#at += 1;
    let code = this.#next();
    if (code === 125) {
      this.#exit();
      return members;
    }
    for (;;) {
      if (code !== 34) throw this.#error('Missing a name for object member.');
      const key = this.#string();
      if (this.#next() !== COLON) throw this.#error('Missing a colon after a name of object member.');
      this.#at += 1;
      code = this.#next();
      this.#refuseNoValue(code);
      const start = this.#at;
      const value = this.#value(code, this.#spans === 'all' || key === 'data');
      if (!members.has(key)) members.set(key, value);
      collected?.push({ key, value, span: new JsonSpan(start, this.#at) });
      code = this.#next();
      if (code === 125) break;
      if (code !== COMMA) throw this.#error("Missing a comma or '}' after an object member.");
      this.#at += 1;
      code = this.#next();
    }
    this.#exit();
    return members;
  }

  #array(): JsonValue[] {
    this.#enter();
    const elements: JsonValue[] = [];
    this.#at += 1;
    let code = this.#next();
    if (code === 93) {
      this.#exit();
      return elements;
    }
    for (;;) {
      this.#refuseNoValue(code);
      elements.push(this.#value(code, false));
      code = this.#next();
      if (code === 93) break;
      if (code !== COMMA) throw this.#error("Missing a comma or ']' after an array element.");
      this.#at += 1;
      code = this.#next();
    }
    this.#exit();
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
      } else {
        this.#skipScalar(code);
        code = this.#next();
      }
      while (code === 93) {
        depth -= 1;
        this.#at += 1;
        if (depth === 0) return new JsonSpan(start, this.#at);
        code = this.#next();
      }
      if (code !== COMMA) throw this.#error("Missing a comma or ']' after an array element.");
      this.#at += 1;
      code = this.#next();
      this.#refuseNoValue(code);
    }
  }

  /** Skips any value but an array. */
  #skipScalar(code: number): void {
    if (code === 34) this.#at = skipString(this.#text, this.#at);
    else if (code === 123 || code === 116 || code === 102 || code === 110) this.#value(code, false);
    else this.#at = skipNumber(this.#text, this.#at);
  }

  #refuseNoValue(code: number): void {
    if (code === COMMA || code === COLON || code === 93 || code === 125 || Number.isNaN(code))
      throw this.#error('Invalid value.');
  }

  #word<T>(word: string, value: T): T {
    this.#at = skipWord(this.#text, this.#at, word);
    return value;
  }

  #string(): string {
    const start = this.#at;
    this.#at = skipString(this.#text, start);
    return stringValue(this.#text, start, this.#at);
  }

  #enter(): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw this.#error('Terminate parsing due to Handler error.');
  }

  #exit(): void {
    this.#at += 1;
    this.#depth -= 1;
  }

  #error(message: string): Error {
    return syntaxError(message, this.#at);
  }
}
