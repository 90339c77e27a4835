import { type Dirent, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { hasErrno, userError } from '../base/index.ts';
import type { Slice } from './slice.ts';
import { isNoise, isTemporaryFile } from './temporary-files.ts';

/** Links may form cycles, and no model is nested deeper. */
const MAX_DEPTH = 16;
const MAX_FILES = 100_000;

/** The content of a model's folder; paths are relative to it, with `/` as the separator. */
export interface FolderContent {
  readonly files: string[];
  readonly directories: string[];
}

/**
 * Lists a model's folder, following links, without files that do not belong to a model. Omits what disappears in the
 * meantime.
 * @returns undefined if the folder does not exist (any more)
 * @throws REPOSITORY_TOO_LARGE
 */
export async function walk(root: string, slice: Slice): Promise<FolderContent | undefined> {
  const content: FolderContent = { files: [], directories: [] };
  const isThere = await walkInto(root, '', 0, content, slice);
  content.files.sort();
  content.directories.sort();
  return isThere ? content : undefined;
}

async function walkInto(
  root: string,
  below: string,
  depth: number,
  content: FolderContent,
  slice: Slice,
): Promise<boolean> {
  const entries = listEntries(path.join(root, below));
  if (!entries) return false;
  for (const entry of entries) {
    if (isNoise(entry.name)) continue;
    if (slice.isOver) await slice.next();
    const relative = below === '' ? entry.name : `${below}/${entry.name}`;
    const kind = entry.isSymbolicLink() ? lookThrough(path.join(root, relative)) : entry;
    if (kind?.isFile() && !isTemporaryFile(entry.name)) content.files.push(relative);
    if (!kind?.isDirectory() || depth >= MAX_DEPTH) continue;
    if (await walkInto(root, relative, depth + 1, content, slice)) content.directories.push(relative);
  }
  if (content.files.length > MAX_FILES) {
    throw userError('REPOSITORY_TOO_LARGE', `${root} contains more than ${MAX_FILES} files`, {
      hint: 'check that this is the model repository: it has one folder for each model',
    });
  }
  return true;
}

function listEntries(directory: string): Dirent[] | undefined {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

function lookThrough(link: string) {
  try {
    return statSync(link, { throwIfNoEntry: false });
  } catch (error) {
    if (hasErrno(error, 'ELOOP', 'ENOTDIR', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}
