import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { StorageError } from './storage-error.ts';

const BUFFERED_BYTES = 1 << 18;

interface Received {
  readonly bytes: number;
  /** Base64 */
  readonly md5: string;
}

/**
 * Streams a request's body into a new file.
 * @param md5 Base64 of what the client says; null if it says nothing.
 * @throws StorageError Md5Mismatch, InvalidMd5; the caller removes the file.
 */
export async function receive(
  body: AsyncIterable<Buffer>,
  file: string,
  md5: string | null,
): Promise<Received> {
  if (md5 !== null && Buffer.from(md5, 'base64').length !== 16)
    throw new StorageError(
      400,
      'InvalidMd5',
      `The MD5 value ${JSON.stringify(md5)} is not the Base64 of 16 bytes.`,
    );
  const hash = createHash('md5');
  let bytes = 0;
  await pipeline(
    body,
    async function* (source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(file, { flags: 'wx', mode: 0o600, highWaterMark: BUFFERED_BYTES }),
  );
  const found = hash.digest('base64');
  if (md5 !== null && found !== md5) {
    throw new StorageError(
      400,
      'Md5Mismatch',
      `The MD5 value specified in the request did not match with the MD5 value calculated by the server: ${found}.`,
    );
  }
  return { bytes, md5: found };
}
