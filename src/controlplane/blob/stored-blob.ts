import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno } from '../../base/index.ts';
import type { BlobAddress } from './blob-name.ts';

/** A blob as clients see it, and the file with its bytes. */
export interface StoredBlob extends BlobAddress {
  /** Absolute path; the file is never changed, only replaced by another. */
  readonly file: string;
  readonly bytes: number;
  /** Base64; null if the client has sent none for the whole. */
  readonly md5: string | null;
  readonly contentType: string;
  /** In quotes, as in the header field. */
  readonly etag: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly modifiedAt: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The record of a blob is a JSON file named by this and `.json`. */
export function keyOf(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}

export const newEtag = () => `"0x${randomUUID().replaceAll('-', '').slice(0, 15).toUpperCase()}"`;

/** Reads a record and checks that its bytes are there in full; undefined if there is no such blob. */
export async function readBlob(record: string): Promise<StoredBlob | undefined> {
  try {
    const blob: StoredBlob = JSON.parse(await readFile(record, 'utf8'));
    const file = path.join(path.dirname(record), path.basename(blob.file));
    return (await stat(file)).size === blob.bytes ? { ...blob, file } : undefined;
  } catch (error) {
    // After a loss of power, a record may be empty.
    if (hasErrno(error, 'ENOENT', 'ENOTDIR') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Writes a record so that readers see the blob before or after it, never in between. */
export async function writeBlob(record: string, blob: StoredBlob): Promise<void> {
  const temporary = `${record}.${randomUUID()}.part`;
  await writeFile(temporary, JSON.stringify({ ...blob, file: path.basename(blob.file) }), { flag: 'wx' });
  await rename(temporary, record);
}
