import { promisify } from 'node:util';
import { deflate, gzip } from 'node:zlib';
import type { CompressionLevel } from './grpc-settings.ts';
import type { EncodedMessage } from './infer-response.ts';
import { FRAME_BYTES } from './infer-response.ts';
import type { MessageEncoding } from './unpack.ts';

const COMPRESS: Readonly<Record<MessageEncoding, (bytes: Uint8Array) => Promise<Buffer>>> = {
  gzip: promisify(gzip),
  deflate: promisify(deflate),
};

/**
 * The encoding of a call's responses, chosen as gRPC's own library does: of the encodings that the client accepts, gzip at
 * the lowest level and deflate above it.
 * @param accepted the client's `grpc-accept-encoding`
 * @returns undefined for responses that are not compressed
 */
export function responseEncoding(
  level: CompressionLevel,
  accepted: string | readonly string[] | undefined,
): MessageEncoding | undefined {
  if (level === 'none' || accepted === undefined) return undefined;
  const names = new Set(
    String(accepted)
      .split(',')
      .map((name) => name.trim()),
  );
  const usable = (['gzip', 'deflate'] as const).filter((name) => names.has(name));
  return level === 'low' ? usable[0] : usable.at(-1);
}

/** Compresses a message; one that would not become smaller stays as it is. */
export async function compressMessage(
  message: EncodedMessage,
  encoding: MessageEncoding,
): Promise<EncodedMessage> {
  const body = Buffer.concat(message).subarray(FRAME_BYTES);
  const compressed = await COMPRESS[encoding](body);
  if (compressed.length >= body.length) return message;
  const frame = Buffer.alloc(FRAME_BYTES);
  frame.writeUInt32BE(compressed.length, frame.writeUInt8(1));
  return [frame, compressed];
}
