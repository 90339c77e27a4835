import { KServeError, type KServeErrorCode } from '../../kserve/index.ts';
import { LoadError } from '../load-error.ts';

/** The status codes of gRPC that we give. */
export const GRPC_STATUS = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const;
export type GrpcStatus = (typeof GRPC_STATUS)[keyof typeof GRPC_STATUS];

/** How a call ends that does not succeed. */
export class GrpcError extends Error {
  readonly status: GrpcStatus;

  constructor(status: GrpcStatus, message: string) {
    super(message);
    this.name = 'GrpcError';
    this.status = status;
  }
}

/** Triton's table from its own codes to those of gRPC (`server/src/grpc/grpc_utils.cc`). */
const STATUS_OF_CODE: Readonly<Record<KServeErrorCode, GrpcStatus>> = {
  Unknown: GRPC_STATUS.UNKNOWN,
  Internal: GRPC_STATUS.INTERNAL,
  'Not found': GRPC_STATUS.NOT_FOUND,
  'Invalid argument': GRPC_STATUS.INVALID_ARGUMENT,
  Unavailable: GRPC_STATUS.UNAVAILABLE,
  Unsupported: GRPC_STATUS.UNIMPLEMENTED,
  'Already exists': GRPC_STATUS.ALREADY_EXISTS,
  Cancelled: GRPC_STATUS.CANCELLED,
};

/** The status of an error; INTERNAL for unexpected ones. */
export function toGrpcError(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  if (error instanceof KServeError) return new GrpcError(STATUS_OF_CODE[error.code], error.message);
  if (error instanceof LoadError)
    return new GrpcError(
      error.status === 400 ? GRPC_STATUS.INVALID_ARGUMENT : GRPC_STATUS.INTERNAL,
      error.message,
    );
  return new GrpcError(GRPC_STATUS.INTERNAL, error instanceof Error ? error.message : String(error));
}

/** The HTTP status that stands for a gRPC status where calls of both protocols are counted together. */
export function httpStatusOf(status: GrpcStatus): number {
  return HTTP_STATUS[status] ?? 500;
}

const HTTP_STATUS: Partial<Record<GrpcStatus, number>> = {
  [GRPC_STATUS.OK]: 200,
  [GRPC_STATUS.CANCELLED]: 499,
  [GRPC_STATUS.UNKNOWN]: 400,
  [GRPC_STATUS.INVALID_ARGUMENT]: 400,
  [GRPC_STATUS.DEADLINE_EXCEEDED]: 504,
  [GRPC_STATUS.NOT_FOUND]: 404,
  [GRPC_STATUS.ALREADY_EXISTS]: 400,
  [GRPC_STATUS.RESOURCE_EXHAUSTED]: 429,
  [GRPC_STATUS.UNIMPLEMENTED]: 501,
  [GRPC_STATUS.UNAVAILABLE]: 503,
};

/**
 * Printable ASCII stays, all other bytes and the percent sign are escaped, as the protocol wants `grpc-message`. So is a
 * space at either end: some clients drop such a field.
 */
export function encodeStatusMessage(message: string): string {
  if (/^(?! )[ -$&-~]*(?<! )$/.test(message)) return message;
  let text = '';
  for (const byte of Buffer.from(message))
    text += byte >= 0x20 && byte <= 0x7e && byte !== 0x25 ? String.fromCharCode(byte) : escapeByte(byte);
  return text.replace(/^ | $/g, '%20');
}

function escapeByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
