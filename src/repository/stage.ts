import { constants, copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno, isInside, systemError, userError } from '../base/index.ts';
import { readContent, stampOf } from './file-content.ts';
import { checkModelName } from './model-definition.ts';
import type { ModelSnapshot, SnapshotFile } from './snapshot.ts';

/** A staged model whose previous files can still be put back. Both ends may be called twice; the first one counts. */
export interface StagedModel {
  /** Where the model's folder lies now. */
  readonly directory: string;
  /** Whether a model of this name was there before. */
  readonly replaces: boolean;
  /** Forgets the previous files. */
  commit(): Promise<void>;
  /** Puts the previous files back, or removes the folder where there were none. */
  rollback(): Promise<void>;
}

let stagings = 0;

/**
 * Puts exactly the content of a snapshot into `repositoryDirectory/NAME`: it is copied and verified beside the
 * repository (in `../staging`, the same file system) and then renamed into place.
 * @throws MODEL_CHANGED_WHILE_STAGING when the user's files are not what the snapshot saw; nothing was replaced then
 */
export async function stageModel(snapshot: ModelSnapshot, repositoryDirectory: string): Promise<StagedModel> {
  checkModelName(snapshot.name);
  const workplace = path.join(stagingDirectory(repositoryDirectory), `${process.pid}-${++stagings}`);
  const fresh = path.join(workplace, 'new');
  const previous = path.join(workplace, 'previous');
  const directory = path.join(path.resolve(repositoryDirectory), snapshot.name);
  let replaces = false;
  try {
    await copySnapshot(snapshot, fresh);
    await mkdir(repositoryDirectory, { recursive: true });
    replaces = await renameIfThere(directory, previous);
    try {
      await renamePatiently(fresh, directory);
    } catch (error) {
      if (replaces) await renamePatiently(previous, directory);
      throw error;
    }
  } catch (error) {
    await rm(workplace, { recursive: true, force: true });
    throw error;
  }
  return new Staged(directory, previous, workplace, replaces);
}

/** Takes a model out of the repository; that it is not there is no error. */
export async function unstageModel(name: string, repositoryDirectory: string): Promise<void> {
  checkModelName(name);
  const workplace = path.join(stagingDirectory(repositoryDirectory), `${process.pid}-${++stagings}`);
  await mkdir(workplace, { recursive: true });
  try {
    // Renamed first, so that nobody sees a model with half of its files.
    await renameIfThere(path.join(path.resolve(repositoryDirectory), name), path.join(workplace, 'previous'));
  } finally {
    await rm(workplace, { recursive: true, force: true });
  }
}

class Staged implements StagedModel {
  readonly directory: string;
  readonly replaces: boolean;
  readonly #previous: string;
  readonly #workplace: string;
  #end: Promise<void> | undefined;

  constructor(directory: string, previous: string, workplace: string, replaces: boolean) {
    this.directory = directory;
    this.replaces = replaces;
    this.#previous = previous;
    this.#workplace = workplace;
  }

  commit(): Promise<void> {
    this.#end ??= rm(this.#workplace, { recursive: true, force: true });
    return this.#end;
  }

  rollback(): Promise<void> {
    this.#end ??= this.#putBack();
    return this.#end;
  }

  async #putBack(): Promise<void> {
    await renameIfThere(this.directory, path.join(this.#workplace, 'refused'));
    await renameIfThere(this.#previous, this.directory);
    await rm(this.#workplace, { recursive: true, force: true });
  }
}

function stagingDirectory(repositoryDirectory: string): string {
  return path.join(path.dirname(path.resolve(repositoryDirectory)), 'staging');
}

async function copySnapshot(snapshot: ModelSnapshot, target: string): Promise<void> {
  const { directories = [], files } = snapshot;
  await mkdir(target, { recursive: true });
  const folders = new Set([...directories, ...files.map((file) => path.posix.dirname(file.path))]);
  for (const folder of folders) await mkdir(inside(target, folder), { recursive: true });
  // One after the other: a disk is not faster at several, and the first mismatch ends it.
  for (const file of files) {
    const source = file.source ?? path.join(snapshot.directory, file.path);
    await copyVerified(file, source, inside(target, file.path), snapshot.name);
  }
}

function inside(target: string, relative: string): string {
  const place = path.join(target, relative);
  if (!isInside(target, place))
    throw systemError('MODEL_PATH_ESCAPES', `${relative} leaves the model's folder`);
  return place;
}

async function copyVerified(
  file: SnapshotFile,
  source: string,
  target: string,
  model: string,
): Promise<void> {
  try {
    // Copy-on-write where the file system has it: a model of gigabytes then costs nothing.
    await copyFile(source, target, constants.COPYFILE_FICLONE);
    // A source that looks exactly as when it was hashed has been that content all along; only others are read again.
    if (file.stamp !== undefined && file.stamp === stampOf(await stat(source, { bigint: true }))) return;
    const { sha256 } = await readContent(target);
    if (sha256 === file.sha256) return;
  } catch (error) {
    if (!hasErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EBUSY')) throw error;
  }
  throw userError('MODEL_CHANGED_WHILE_STAGING', `${file.path} of model ${model} changed while it was read`, {
    hint: 'it is tried again as soon as the files rest',
    location: { file: source },
  });
}

async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    await renamePatiently(from, to);
    return true;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

/** On Windows a folder cannot be renamed while a virus scanner or an ending process has one of its files open. */
async function renamePatiently(from: string, to: string): Promise<void> {
  for (let waitMs = 10; ; waitMs *= 2) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const isHeld = process.platform === 'win32' && hasErrno(error, 'EPERM', 'EACCES', 'EBUSY');
      if (!isHeld || waitMs > 1_000) throw error;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}
