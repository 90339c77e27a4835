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

/** A mistake in a JSON text, told as Triton's parser does; `at` counts bytes. */
export function syntaxError(message: string, at: number): Error {
  return internal(`failed to parse the request JSON buffer: ${message} at ${at}`);
}
