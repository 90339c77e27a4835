import { createHash, hash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** A file's content, read between two equal readings of its metadata. */
export interface FileContent {
  readonly bytes: number;
  readonly sha256: string;
  /** See `trustedStamp`. */
  readonly stamp: string | undefined;
}

const SMALL_BYTES = 1 << 20;
const ATTEMPTS = 3;

/**
 * Hashes a file, repeatedly while it changes. After the last attempt the content is returned without a stamp, so that
 * the next scan reads the file again.
 * @throws the system's error if the file cannot be read
 */
export async function readContent(file: string): Promise<FileContent> {
  const handle = await open(file, 'r');
  try {
    for (let attempt = 1; ; attempt++) {
      const before = await handle.stat({ bigint: true });
      const sha256 = await hashHandle(handle, Number(before.size));
      const after = await handle.stat({ bigint: true });
      const isStable = stampOf(before) === stampOf(after);
      if (isStable || attempt === ATTEMPTS) {
        const stamp = isStable ? trustedStamp(after) : undefined;
        return { bytes: Number(after.size), sha256, stamp };
      }
    }
  } finally {
    await handle.close();
  }
}

async function hashHandle(handle: FileHandle, bytes: number): Promise<string> {
  if (bytes <= SMALL_BYTES) {
    const content = Buffer.allocUnsafe(bytes);
    const { bytesRead } = await handle.read(content, 0, bytes, 0);
    return hash('sha256', content.subarray(0, bytesRead), 'hex');
  }
  const digest = createHash('sha256');
  const chunk = Buffer.allocUnsafe(SMALL_BYTES);
  for (let position = 0; ; ) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) return digest.digest('hex');
    digest.update(chunk.subarray(0, bytesRead));
    position += bytesRead;
  }
}

/** Changes with the content of a file, within the resolution of the file system's clock. */
export function stampOf({ size, mtimeNs, ctimeNs, ino }: BigIntStats): string {
  return `${size}:${mtimeNs}:${ctimeNs}:${ino}`;
}

const MILLISECOND_NS = 1_000_000n;
const SECOND_NS = 1_000n * MILLISECOND_NS;

/**
 * The stamp of a file that was just read; undefined while another write could still get the same one: the clocks of
 * file systems tick in milliseconds at best (some in seconds), and a second write in the same tick leaves no trace.
 */
export function trustedStamp(stats: BigIntStats): string | undefined {
  const tick = stats.ctimeNs % SECOND_NS === 0n ? 2n * SECOND_NS : 50n * MILLISECOND_NS;
  const age = BigInt(Date.now()) * MILLISECOND_NS - stats.ctimeNs;
  return age > tick || age < -10n * SECOND_NS ? stampOf(stats) : undefined;
}
