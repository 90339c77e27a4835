import { createGunzip, createInflate } from 'node:zlib';
import { KServeError } from '../../kserve/index.ts';
import type { HeldBytes } from '../held-bytes.ts';
import { GRPC_STATUS, GrpcError } from './status.ts';

/** How the messages of a call are compressed. */
export type MessageEncoding = 'gzip' | 'deflate';

/** The largest message, sent or unpacked: the limit that Triton sets. */
export const MAX_MESSAGE_BYTES = 2 ** 31 - 1;

/** Hundreds of thousands of small pieces would leave a heap that the allocator cannot give back. */
const MOST_PIECE_BYTES = 1024 * 1024;
const LEAST_PIECE_BYTES = 16 * 1024;

/**
 * Undoes the compression of a message. Every byte that comes out counts as held before the next ones are made: a small
 * message can unpack to gigabytes. They count until the caller releases them.
 * @throws GrpcError for what is no single stream of the encoding, and for too large a message; KServeError where too much is
 * held
 */
export async function unpack(bytes: Buffer, encoding: MessageEncoding, held: HeldBytes): Promise<Buffer> {
  const chunkSize = Math.min(MOST_PIECE_BYTES, Math.max(LEAST_PIECE_BYTES, 4 * bytes.length));
  const unpacker = encoding === 'gzip' ? createGunzip({ chunkSize }) : createInflate({ chunkSize });
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    unpacker.end(bytes);
    for await (const piece of unpacker as AsyncIterable<Buffer>) {
      held.add(piece.length);
      size += piece.length;
      if (size > MAX_MESSAGE_BYTES) throw tooLarge(size);
      pieces.push(piece);
    }
    if (!isOneStream(bytes, unpacker.bytesWritten, encoding === 'gzip' ? size : undefined))
      throw unpackingFailed(encoding);
    return Buffer.concat(pieces, size);
  } catch (error) {
    held.release(size);
    if (error instanceof GrpcError || error instanceof KServeError) throw error;
    throw unpackingFailed(encoding);
  }
}

export function tooLarge(bytes: number): GrpcError {
  return new GrpcError(
    GRPC_STATUS.RESOURCE_EXHAUSTED,
    `Received message larger than max (${bytes} vs. ${MAX_MESSAGE_BYTES})`,
  );
}

/** Whether compressed bytes hold one stream and nothing behind it; gzip ends with the size of its last member. */
function isOneStream(bytes: Buffer, read: number, gzipSize: number | undefined): boolean {
  if (read !== bytes.length) return false;
  return gzipSize === undefined || bytes.readUInt32LE(bytes.length - 4) === gzipSize;
}

function unpackingFailed(encoding: MessageEncoding): GrpcError {
  return new GrpcError(GRPC_STATUS.INTERNAL, `Unexpected error decompressing data for algorithm ${encoding}`);
}
