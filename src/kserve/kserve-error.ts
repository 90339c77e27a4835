/** Triton's error codes with their HTTP statuses (`server/src/http_server.cc`). */
export const STATUS = {
  Unknown: 400,
  Internal: 500,
  'Not found': 404,
  'Invalid argument': 400,
  Unavailable: 503,
  Unsupported: 501,
  'Already exists': 400,
  Cancelled: 400,
} as const;

export type KServeErrorCode = keyof typeof STATUS;

/** An error of the protocol: an HTTP status and the text of the `error` key. */
export class KServeError extends Error {
  readonly status: number;
  /** Triton's name for the kind of error, with which logs and model reasons begin. */
  readonly code: KServeErrorCode;

  constructor(code: KServeErrorCode, message: string) {
    super(message);
    this.name = 'KServeError';
    this.code = code;
    this.status = STATUS[code];
  }
}

export const invalidArgument = (message: string) => new KServeError('Invalid argument', message);
export const internal = (message: string) => new KServeError('Internal', message);
export const unavailable = (message: string) => new KServeError('Unavailable', message);
export const unsupported = (message: string) => new KServeError('Unsupported', message);
export const notFound = (message: string) => new KServeError('Not found', message);
