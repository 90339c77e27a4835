import { internal } from './kserve-error.ts';

/** A number written with a fraction or exponent, or too large for an integer; it never counts as an integer. */
export class JsonDouble {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** An array that was checked but not built: the offsets of its `[` and of the end of its `]` in the text. */
export class JsonSpan {
  readonly start: number;
  readonly end: number;
  constructor(start: number, end: number) {
    this.start = start;
    this.end = end;
  }
}

/** Integers are numbers, or bigints if a number would not be exact; strings are decoded. */
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

/** A syntax error in the words of Triton's parser; `at` counts bytes. */
export function syntaxError(message: string, at: number): Error {
  return internal(`failed to parse the request JSON buffer: ${message} at ${at}`);
}
