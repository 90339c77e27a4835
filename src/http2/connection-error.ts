import { ErrorCode } from './error-code.ts';

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

export function protocolError(message: string): ConnectionError {
  return new ConnectionError(ErrorCode.PROTOCOL_ERROR, message);
}

/** @throws ConnectionError for a frame that has not the size of its type */
export function requireSize(isRight: boolean): void {
  if (!isRight) throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, 'a frame has a wrong size');
}
