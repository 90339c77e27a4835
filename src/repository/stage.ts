import { constants, copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno, isInside, retryWhileHeld, systemError, userError } from '../base/index.ts';
import { readContent, stampOf } from './file-content.ts';
import { checkModelName } from './model-definition.ts';
import type { ModelSnapshot, SnapshotFile } from './snapshot.ts';

/** A staged model whose previous files can still be restored. Only the first call of either method has an effect. */
export interface StagedModel {
  /** The model's folder. */
  readonly directory: string;
  /** Whether it replaced a model of this name. */
  readonly replaces: boolean;
  /** Deletes the previous files. */
  commit(): Promise<void>;
  /** Restores the previous files, or removes the folder if there were none. */
  rollback(): Promise<void>;
}

let stagings = 0;

/**
 * Puts exactly the content of a snapshot into `repositoryDirectory/NAME`: copies and verifies it next to the repository
 * (in `../staging`, on the same file system), then renames it into place.
 * @throws MODEL_CHANGED_WHILE_STAGING if the user's files differ from the snapshot; nothing is replaced then
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
      await retryWhileHeld(() => rename(fresh, directory));
    } catch (error) {
      if (replaces) await retryWhileHeld(() => rename(previous, directory));
      throw error;
    }
  } catch (error) {
    await rm(workplace, { recursive: true, force: true });
    throw error;
  }
  return new Staged(directory, previous, workplace, replaces);
}

/** Removes a model from the repository, if it is there. */
export async function unstageModel(name: string, repositoryDirectory: string): Promise<void> {
  checkModelName(name);
  const workplace = path.join(stagingDirectory(repositoryDirectory), `${process.pid}-${++stagings}`);
  await mkdir(workplace, { recursive: true });
  try {
    // Renamed first, so that no one sees a model with only some of its files.
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
  // One after the other: parallel copies are not faster, and the first mismatch ends the work.
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
    // Copy-on-write if the file system supports it: a model of gigabytes then costs nothing.
    await copyFile(source, target, constants.COPYFILE_FICLONE);
    // A source with the stamp of its hash has not changed; only others are read again.
    if (file.stamp !== undefined && file.stamp === stampOf(await stat(source, { bigint: true }))) return;
    const { sha256 } = await readContent(target);
    if (sha256 === file.sha256) return;
  } catch (error) {
    if (!hasErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EBUSY')) throw error;
  }
  throw userError('MODEL_CHANGED_WHILE_STAGING', `${file.path} of model ${model} changed while it was read`, {
    hint: 'triton-local tries again when the files stop changing',
    location: { file: source },
  });
}

async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    // A model folder is often still open in a worker that is ending, or in a scanner.
    await retryWhileHeld(() => rename(from, to));
    return true;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
