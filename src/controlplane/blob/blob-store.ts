import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno, Mutex } from '../../base/index.ts';
import { type BlobAddress, DATASTORE_CONTAINERS, isPendingContainer, uploadOf } from './blob-name.ts';
import { receive } from './receive.ts';
import { blobNotFound, containerNotFound, StorageError } from './storage-error.ts';
import { keyOf, newEtag, readBlob, type StoredBlob, writeBlob } from './stored-blob.ts';

/** What a request says about the blob that it writes. */
export interface BlobProperties {
  readonly contentType: string;
  /** Base64, of the whole blob. */
  readonly md5: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** Whether an existing blob is to be kept: `If-None-Match: *`. */
  readonly onlyNew: boolean;
}

const READ_AT_ONCE = 64;
const JOIN_BYTES = 1 << 20;

/**
 * Uploaded blobs on disk. No name becomes a path: each upload (`uploadOf`) has a folder, named by a hash, with a record
 * `HASH.json` and a file with bytes for each blob, and a folder `HASH.blocks` for each that is uploaded in blocks.
 * Bytes are streamed, and nothing is listed before it is complete.
 */
export class BlobStore {
  readonly #directory: string;
  /** Serialises the end of writes, which take turns to replace the same blob. */
  readonly #commits = new Mutex();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Makes the container of a pending upload. */
  async createContainer(container: string): Promise<void> {
    await mkdir(this.#folderOf(container), { recursive: true, mode: 0o700 });
  }

  /** @throws StorageError 404 */
  async requireContainer(container: string): Promise<void> {
    if ([...DATASTORE_CONTAINERS.values()].includes(container)) return;
    const found =
      isPendingContainer(container) && (await stat(this.#folderOf(container)).catch(() => undefined));
    if (!found) throw containerNotFound();
  }

  async removeContainer(container: string): Promise<void> {
    await rm(this.#folderOf(container), { recursive: true, force: true, maxRetries: 3 });
  }

  async find(address: BlobAddress): Promise<StoredBlob | undefined> {
    return readBlob(`${this.#pathOf(address)}.json`);
  }

  /** @throws StorageError BlobAlreadyExists, Md5Mismatch; nothing is left of a refused or broken upload. */
  async write(
    address: BlobAddress,
    body: AsyncIterable<Buffer>,
    properties: BlobProperties,
  ): Promise<StoredBlob> {
    if (properties.onlyNew) await this.#requireNew(address);
    const folder = await this.#makeFolder(address);
    const file = path.join(folder, `${randomUUID()}.part`);
    try {
      const { bytes, md5 } = await receive(body, file, properties.md5);
      return await this.#commit(address, file, bytes, { ...properties, md5 });
    } finally {
      await rm(file, { force: true });
    }
  }

  /** Keeps one block of a blob until `commitBlocks`. @throws StorageError Md5Mismatch */
  async writeBlock(
    address: BlobAddress,
    blockId: string,
    body: AsyncIterable<Buffer>,
    md5: string | null,
  ): Promise<void> {
    const folder = `${this.#pathOf(address)}.blocks`;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const part = path.join(folder, `${randomUUID()}.part`);
    try {
      await receive(body, part, md5);
      await rename(part, path.join(folder, keyOf(blockId)));
    } finally {
      await rm(part, { force: true });
    }
  }

  /** Makes a blob of its blocks, in this order. @throws StorageError InvalidBlockList, BlobAlreadyExists */
  async commitBlocks(
    address: BlobAddress,
    blockIds: readonly string[],
    properties: BlobProperties,
  ): Promise<StoredBlob> {
    if (properties.onlyNew) await this.#requireNew(address);
    const blocks = `${this.#pathOf(address)}.blocks`;
    const folder = await this.#makeFolder(address);
    const file = path.join(folder, `${randomUUID()}.part`);
    try {
      const paths = blockIds.map((blockId) => path.join(blocks, keyOf(blockId)));
      const size = await joinFiles(paths, file);
      const blob = await this.#commit(address, file, size, properties);
      await rm(blocks, { recursive: true, force: true, maxRetries: 3 });
      return blob;
    } finally {
      await rm(file, { force: true });
    }
  }

  /** @throws StorageError BlobNotFound */
  setMetadata(address: BlobAddress, metadata: Readonly<Record<string, string>>): Promise<StoredBlob> {
    return this.#commits.run(async () => {
      const before = await this.find(address);
      if (!before) throw blobNotFound();
      const blob = { ...before, metadata, etag: newEtag(), modifiedAt: new Date().toISOString() };
      await writeBlob(`${this.#pathOf(address)}.json`, blob);
      return blob;
    });
  }

  /** @throws StorageError BlobNotFound */
  remove(address: BlobAddress): Promise<void> {
    return this.#commits.run(async () => {
      const blob = await this.find(address);
      if (!blob) throw blobNotFound();
      await rm(`${this.#pathOf(address)}.json`, { force: true });
      await rm(blob.file, { force: true });
    });
  }

  /** The blobs of a container whose names start with `prefix`, sorted by name. */
  async list(container: string, prefix: string): Promise<readonly StoredBlob[]> {
    const upload = uploadOf(container, prefix);
    const folders =
      upload === undefined
        ? (await namesIn(this.#directory)).map((name) => path.join(this.#directory, name))
        : [this.#folderOf(upload)];
    const found: StoredBlob[] = [];
    for (const folder of folders) {
      const records = (await namesIn(folder)).filter((name) => name.endsWith('.json'));
      for (let at = 0; at < records.length; at += READ_AT_ONCE) {
        const some = records.slice(at, at + READ_AT_ONCE).map((name) => readBlob(path.join(folder, name)));
        for (const blob of await Promise.all(some))
          if (blob && blob.container === container && blob.name.startsWith(prefix)) found.push(blob);
      }
    }
    return found.sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  #commit(
    address: BlobAddress,
    part: string,
    bytes: number,
    { onlyNew, ...properties }: BlobProperties,
  ): Promise<StoredBlob> {
    return this.#commits.run(async () => {
      const before = await this.find(address);
      if (before && onlyNew) throw alreadyExists();
      const file = part.replace(/\.part$/, '.bin');
      await rename(part, file);
      const modifiedAt = new Date().toISOString();
      const createdAt = before?.createdAt ?? modifiedAt;
      const blob = { ...address, ...properties, file, bytes, createdAt, modifiedAt, etag: newEtag() };
      await writeBlob(`${this.#pathOf(address)}.json`, blob);
      if (before) await rm(before.file, { force: true });
      return blob;
    });
  }

  async #requireNew(address: BlobAddress): Promise<void> {
    if (await this.find(address)) throw alreadyExists();
  }

  async #makeFolder(address: BlobAddress): Promise<string> {
    const folder = path.dirname(this.#pathOf(address));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  #folderOf(upload: string): string {
    return path.join(this.#directory, keyOf(upload).slice(0, 32));
  }

  /** The path of a blob's files without their suffix. */
  #pathOf({ container, name }: BlobAddress): string {
    return path.join(this.#folderOf(uploadOf(container, name) ?? container), keyOf(name));
  }
}

function alreadyExists(): StorageError {
  return new StorageError(409, 'BlobAlreadyExists', 'The specified blob already exists.');
}

/** Writes the blocks one after the other into a new file, and returns its size. */
async function joinFiles(blocks: readonly string[], file: string): Promise<number> {
  const buffer = Buffer.allocUnsafe(JOIN_BYTES);
  await using target = await open(file, 'wx', 0o600);
  let size = 0;
  for (const block of blocks) {
    await using source = await openBlock(block);
    for (;;) {
      const { bytesRead } = await source.read(buffer, 0, JOIN_BYTES);
      if (bytesRead === 0) break;
      await target.writeFile(buffer.subarray(0, bytesRead));
      size += bytesRead;
    }
  }
  return size;
}

async function openBlock(block: string): Promise<FileHandle> {
  try {
    return await open(block);
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw error;
    throw new StorageError(
      400,
      'InvalidBlockList',
      'The specified block list is invalid: it names a block that was not uploaded.',
    );
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
