/** A mistake of the other side after which nothing on the connection can be understood. */
export class ConnectionError extends Error {
  /** An error code of HTTP/2, sent in GOAWAY. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'ConnectionError';
    this.code = code;
  }
}
