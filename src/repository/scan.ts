import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import { hasErrno, isHeld, messageOf, userError } from '../base/index.ts';
import { readContent, stampOf } from './file-content.ts';
import { checkModelName, listModelDirectories } from './model-definition.ts';
import { Slice } from './slice.ts';
import type { ModelSnapshot, RepositorySnapshot, SnapshotFile } from './snapshot.ts';
import { walk } from './walk.ts';

/**
 * Takes a snapshot of the repository. Files whose metadata equals that in `previous` are not read again, so that an
 * unchanged repository costs one `stat` per file, and unchanged models are the same objects. Omits what disappears in
 * the meantime.
 * @throws REPOSITORY_UNREADABLE, REPOSITORY_TOO_LARGE (more than 100,000 files in a model)
 */
export async function scanRepository(
  directory: string,
  previous?: RepositorySnapshot,
): Promise<RepositorySnapshot> {
  const root = path.resolve(directory);
  const slice = new Slice();
  const models = new Map<string, ModelSnapshot>();
  for (const name of await listModels(root)) {
    const model = await scanFolder(path.join(root, name), name, previous?.models.get(name), slice);
    if (model) models.set(name, model);
  }
  return { directory: root, models };
}

/**
 * Takes a snapshot of one model; undefined if it has no folder.
 * @throws MODEL_NAME_INVALID, REPOSITORY_UNREADABLE, REPOSITORY_TOO_LARGE
 */
export async function scanModel(
  repositoryDirectory: string,
  name: string,
  previous?: ModelSnapshot,
): Promise<ModelSnapshot | undefined> {
  checkModelName(name);
  const directory = path.join(path.resolve(repositoryDirectory), name);
  return scanFolder(directory, name, previous, new Slice());
}

/**
 * Takes a snapshot of a single ONNX file as a model, `MODEL/1/model.onnx`, with the external data next to it
 * (`model.onnx.data`, `model.onnx_data`, `model.data`), to be staged like any other.
 * @throws REPOSITORY_UNREADABLE if the file does not exist
 */
export async function snapshotOnnxFile(
  file: string,
  modelName: string,
  previous?: ModelSnapshot,
): Promise<ModelSnapshot> {
  const source = path.resolve(file);
  const { dir, base, name: stem } = path.parse(source);
  const known = new Map(previous?.files.map((entry) => [entry.path, entry]));
  const scan = async (name: string, from: string): Promise<SnapshotFile | undefined> => {
    const relative = `1/${name}`;
    const found = await scanFile(relative, from, known.get(relative));
    return found && { ...found, source: from };
  };
  const model = await scan('model.onnx', source);
  if (!model) {
    throw userError('REPOSITORY_UNREADABLE', `the model file ${source} cannot be read`, {
      hint: 'name an .onnx file, or a folder with one subfolder for each model',
    });
  }
  const files = [model];
  const companions = new Set([`${base}.data`, `${base}_data`, `${stem}.data`, `${stem}_data`]);
  companions.delete(base);
  for (const name of companions) {
    const data = await scan(name, path.join(dir, name));
    if (data) files.push(data);
  }
  return makeSnapshot(modelName, dir, files, ['1']);
}

async function listModels(root: string): Promise<string[]> {
  try {
    return await listModelDirectories(root);
  } catch (error) {
    throw userError(
      'REPOSITORY_UNREADABLE',
      `the model repository ${root} cannot be read: ${messageOf(error)}`,
      {
        hint: 'name the folder with one subfolder for each model',
        cause: error,
      },
    );
  }
}

async function scanFolder(
  directory: string,
  name: string,
  previous: ModelSnapshot | undefined,
  slice: Slice,
): Promise<ModelSnapshot | undefined> {
  const content = await walk(directory, slice);
  if (!content) return undefined;
  const known = new Map(previous?.files.map((file) => [file.path, file]));
  const files: SnapshotFile[] = [];
  // One after the other: hashing takes most of the time, and it has one thread.
  for (const relative of content.files) {
    if (slice.isOver) await slice.next();
    const entry = await scanFile(relative, path.join(directory, relative), known.get(relative));
    if (entry) files.push(entry);
  }
  const isSame =
    previous?.directory === directory &&
    isEqual(files, previous.files) &&
    isEqual(content.directories, previous.directories ?? []);
  return isSame ? previous : makeSnapshot(name, directory, files, content.directories);
}

async function scanFile(
  relative: string,
  file: string,
  known: SnapshotFile | undefined,
): Promise<SnapshotFile | undefined> {
  try {
    if (known && looksLike(known, file)) return known;
    const { bytes, sha256, stamp } = await readContent(file);
    return { path: relative, bytes, sha256, ...(stamp === undefined ? {} : { stamp }) };
  } catch (error) {
    // Removed again, or replaced by a folder: the next scan sees the result.
    if (hasErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined;
    // A writer may lock the file: keep the known content until it can be read.
    if (isHeld(error)) return known;
    throw userError('REPOSITORY_UNREADABLE', `${file} cannot be read: ${messageOf(error)}`, {
      hint: 'make it readable for triton-local, or move it out of the model repository',
      location: { file },
      cause: error,
    });
  }
}

function looksLike({ stamp }: SnapshotFile, file: string): boolean {
  if (stamp === undefined) return false;
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stats !== undefined && stampOf(stats) === stamp;
}

function isEqual<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((element, index) => element === b[index]);
}

/** `files` and `directories` must be sorted, since their order affects the fingerprint. */
function makeSnapshot(
  name: string,
  directory: string,
  files: readonly SnapshotFile[],
  directories: readonly string[],
): ModelSnapshot {
  const digest = createHash('sha256');
  for (const entry of directories) digest.update(`${entry}/\n`);
  for (const file of files) digest.update(`${file.path}\n${file.sha256}\n`);
  return { name, directory, files, directories, fingerprint: digest.digest('hex') };
}
