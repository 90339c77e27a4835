import { encodeHeaders, makeHeaders } from '../../http2/index.ts';

/** Why a call is not passed on, as its client sees it. */
export interface GrpcRefusal {
  /** gRPC's code. */
  readonly status: 'INTERNAL' | 'UNAVAILABLE';
  readonly message: string;
}

const CODES = { INTERNAL: 13, UNAVAILABLE: 14 } as const;

/** The answer to a refused call: trailers alone. */
export function refusalFrames(streamId: number, { status, message }: GrpcRefusal): Buffer {
  const block = encodeHeaders([
    { name: ':status', value: '200' },
    { name: 'content-type', value: 'application/grpc' },
    { name: 'grpc-status', value: String(CODES[status]) },
    { name: 'grpc-message', value: percentEncoded(message) },
  ]);
  return makeHeaders(streamId, block, true);
}

/** `grpc-message` in the form of gRPC: printable ASCII stays, other bytes become %XX. */
function percentEncoded(message: string): string {
  return Buffer.from(message)
    .toString('latin1')
    .replace(/[^ -$&-~]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
