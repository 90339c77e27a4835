import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  entryKind,
  hasErrno,
  hashFile,
  renameDurably,
  syncFile,
  syncFolder,
  userError,
} from '../base/index.ts';
import { whyNotStorable } from './storable-path.ts';

const MAX_FILES = 100_000;
/** Created by editors, Python and file managers; not part of a model. */
const IGNORED = /^(?:__pycache__|\.git|\.DS_Store|Thumbs\.db|\.ipynb_checkpoints)$/;

export interface StoredContent {
  readonly hash: string;
  readonly bytes: number;
}

/** A file of an entry. */
export interface ContentFile {
  /** Path inside the entry, with slashes; empty if the entry is a file. */
  readonly path: string;
  readonly from: string;
  readonly bytes: number;
}

/**
 * Copies of registered files and folders, each in a folder named by its content hash, so that equal content is stored
 * once.
 */
export class ContentStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The path of an entry's copy. */
  pathOf(content: string, entry: string): string {
    return path.join(this.#directory, content, entry);
  }

  /**
   * Copies a file or folder in. A copy gets its final name by a rename, so whatever is stored under a hash is complete
   * and on disk. The hash is that of the copy, whatever happens to the original in the meantime.
   * @throws CONTENT_UNUSABLE if the folder is empty or has more files than a model can have.
   */
  async add(source: string): Promise<StoredContent> {
    const known = await describe(path.basename(source), await contentOf(source));
    return (await this.has(known.hash)) ? known : this.#copy(source);
  }

  /**
   * Stores files that never change again, such as uploads, under the name `entry`: as further names of the same bytes
   * where the file system can do that, else as copies.
   * @throws CONTENT_UNUSABLE if a path cannot be stored here.
   */
  async link(entry: string, files: readonly ContentFile[]): Promise<StoredContent> {
    const kept = storable(entry, files);
    const content = await describe(entry, kept);
    if (await this.has(content.hash)) return content;
    return this.#store(async (unfinished) => {
      for (const file of kept) await linkFile(file, path.join(unfinished, entry, file.path));
      return content;
    });
  }

  /** The hash of such files, without storing them. @throws CONTENT_UNUSABLE likewise */
  async hashOfFiles(entry: string, files: readonly ContentFile[]): Promise<string> {
    return (await describe(entry, storable(entry, files))).hash;
  }

  /** The files of a stored entry. */
  files(content: string, entry: string): Promise<readonly ContentFile[]> {
    return filesOf(this.pathOf(content, entry));
  }

  /** The hash of a file or folder, without copying it. @throws CONTENT_UNUSABLE likewise */
  async hashOf(source: string): Promise<string> {
    return (await describe(path.basename(source), await contentOf(source))).hash;
  }

  async has(hash: string): Promise<boolean> {
    return (await entryKind(path.join(this.#directory, hash))) === 'directory';
  }

  async remove(hash: string): Promise<void> {
    await rm(path.join(this.#directory, hash), { recursive: true, force: true, maxRetries: 3 });
  }

  #copy(source: string): Promise<StoredContent> {
    const name = path.basename(source);
    return this.#store(async (unfinished) => {
      const entry = path.join(unfinished, name);
      await copyContent(source, entry);
      return describe(name, await contentOf(entry));
    });
  }

  /** Stores what `fill` puts into a folder, under the hash that it returns. */
  async #store(fill: (unfinished: string) => Promise<StoredContent>): Promise<StoredContent> {
    const unfinished = path.join(this.#directory, `.${process.pid}-${randomUUID()}`);
    try {
      const content = await fill(unfinished);
      await syncTree(unfinished);
      await this.#put(unfinished, content.hash);
      return content;
    } finally {
      await rm(unfinished, { recursive: true, force: true, maxRetries: 3 });
    }
  }

  async #put(unfinished: string, hash: string): Promise<void> {
    try {
      await renameDurably(unfinished, path.join(this.#directory, hash));
    } catch (error) {
      // Another process stored the same content first.
      if (!(hasErrno(error, 'ENOTEMPTY', 'EEXIST', 'EPERM') && (await this.has(hash)))) throw error;
    }
  }
}

/** Flushes copied files and the names in all folders to disk. */
async function syncTree(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const target = path.join(directory, entry.name);
    if (entry.isDirectory()) await syncTree(target);
    else await syncFile(target);
  }
  await syncFolder(directory);
}

/** Copies a file or folder to `target`, which must not exist. Follows links, and omits files that are not content. */
export async function copyContent(source: string, target: string): Promise<void> {
  await copyFiles(await filesOf(source), target);
}

async function copyFiles(files: readonly ContentFile[], target: string): Promise<void> {
  for (const file of files) {
    const to = path.join(target, file.path);
    await mkdir(path.dirname(to), { recursive: true });
    // If the file system supports it, the copy shares blocks with the original until one of them changes.
    await copyFile(file.from, to, constants.COPYFILE_FICLONE);
  }
}

/** The files that are content, in the order in which `filesOf` finds files. @throws CONTENT_UNUSABLE */
function storable(entry: string, files: readonly ContentFile[]): readonly ContentFile[] {
  const kept = files.filter((file) => !file.path.split('/').some((name) => IGNORED.test(name)));
  if (kept.length === 0) throw userError('CONTENT_UNUSABLE', `${entry} holds no file`);
  if (kept.length > MAX_FILES)
    throw userError('CONTENT_UNUSABLE', `${entry} holds more than ${MAX_FILES} files`);
  for (const { path: relative } of kept) requireStorable(relative === '' ? entry : `${entry}/${relative}`);
  return kept.toSorted(inWalkingOrder);
}

function requireStorable(relative: string): void {
  const why = whyNotStorable(relative);
  if (why !== undefined)
    throw userError('CONTENT_UNUSABLE', `${JSON.stringify(relative)} cannot be stored: ${why}`);
}

async function linkFile({ from, path: relative }: ContentFile, to: string): Promise<void> {
  try {
    await mkdir(path.dirname(to), { recursive: true });
    await link(from, to).catch((error: unknown) => {
      if (!hasErrno(error, 'EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) throw error;
      return copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    });
  } catch (error) {
    if (!hasErrno(error, 'EEXIST', 'ENOTDIR', 'EISDIR')) throw error;
    throw userError(
      'CONTENT_UNUSABLE',
      `${JSON.stringify(relative)} is both a file and a folder, or differs from another file in case only`,
    );
  }
}

function inWalkingOrder(one: ContentFile, other: ContentFile): number {
  const [left, right] = [one.path.split('/'), other.path.split('/')];
  const at = left.findIndex((name, index) => name !== right[index]);
  if (at < 0) return left.length - right.length;
  return (left[at] ?? '') < (right[at] ?? '') ? -1 : 1;
}

/** Every file of an entry, following links, in an order that does not depend on the disk. */
async function filesOf(source: string): Promise<readonly ContentFile[]> {
  const found: ContentFile[] = [];
  const walk = async (from: string, relative: string, above: readonly string[]): Promise<void> => {
    const entry = await stat(from);
    if (entry.isFile()) {
      if (found.push({ path: relative, from, bytes: entry.size }) > MAX_FILES)
        throw userError('CONTENT_UNUSABLE', `${source} holds more than ${MAX_FILES} files`, {
          hint: 'pass only the folder of the model',
          location: { file: source },
        });
      return;
    }
    const identity = `${entry.dev}:${entry.ino}`;
    if (!entry.isDirectory() || above.includes(identity)) return;
    for (const name of (await readdir(from)).sort()) {
      if (IGNORED.test(name)) continue;
      await walk(path.join(from, name), relative === '' ? name : `${relative}/${name}`, [...above, identity]);
    }
  };
  await walk(source, '', []);
  return found;
}

async function contentOf(source: string): Promise<readonly ContentFile[]> {
  const files = await filesOf(source);
  if (files.length > 0) return files;
  throw userError('CONTENT_UNUSABLE', `${source} holds no file`, { location: { file: source } });
}

async function describe(entry: string, files: readonly ContentFile[]): Promise<StoredContent> {
  const hash = createHash('sha256').update(`${entry}\0`);
  for (const file of files) hash.update(`${file.path}\0${await hashFile(file.from)}\0`);
  return { hash: hash.digest('hex'), bytes: files.reduce((sum, file) => sum + file.bytes, 0) };
}
