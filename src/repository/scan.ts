import { createHash } from 'node:crypto';
import type { BigIntStats, Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno, messageOf, userError } from '../base/index.ts';
import { readContent, stampOf } from './file-content.ts';
import { listModelDirectories } from './model-definition.ts';
import type { ModelSnapshot, RepositorySnapshot, SnapshotFile } from './snapshot.ts';

/** Links may lead in circles, and nobody nests a model deeper. */
const MAX_DEPTH = 16;
const MAX_FILES = 100_000;
/** Files read at the same time. */
const READERS = 8;

/**
 * The repository's content at this moment. Files that look as they did in `previous` are not read again, so an
 * unchanged repository costs one look at each file's metadata. What vanishes meanwhile is left out.
 * @throws REPOSITORY_UNREADABLE, REPOSITORY_TOO_LARGE (more than 100,000 files)
 */
export async function scanRepository(
  directory: string,
  previous?: RepositorySnapshot,
): Promise<RepositorySnapshot> {
  const root = path.resolve(directory);
  const names = await listModelDirectories(root).catch((error: unknown) => {
    throw userError(
      'REPOSITORY_UNREADABLE',
      `the model repository ${root} cannot be read: ${messageOf(error)}`,
      {
        hint: 'give the folder that holds one folder for each model',
        cause: error,
      },
    );
  });
  const readers = new Readers(READERS);
  const models = await Promise.all(
    names.map((name) => scanModel(path.join(root, name), name, previous?.models.get(name), readers)),
  );
  return {
    directory: root,
    models: new Map(models.flatMap((model) => (model ? [[model.name, model]] : []))),
  };
}

/**
 * A single ONNX file as a model of its own, `MODEL/1/model.onnx`, with the external data that lies beside it
 * (`model.onnx.data`, `model.onnx_data`, `model.data`): a snapshot to be staged like any other.
 * @throws REPOSITORY_UNREADABLE when the file is not there
 */
export async function snapshotOnnxFile(
  file: string,
  modelName: string,
  previous?: ModelSnapshot,
): Promise<ModelSnapshot> {
  const source = path.resolve(file);
  const directory = path.dirname(source);
  const known = new Map(previous?.files.map((entry) => [entry.path, entry]));
  const readers = new Readers(1);
  const scan = async (name: string, from: string): Promise<SnapshotFile | undefined> => {
    const found = await scanFile(`1/${name}`, from, known.get(`1/${name}`), readers);
    return found && { ...found, source: from };
  };
  const model = await scan('model.onnx', source);
  if (!model) {
    throw userError('REPOSITORY_UNREADABLE', `the model file ${source} cannot be read`, {
      hint: 'give an .onnx file, or a folder that holds one folder for each model',
    });
  }
  const { base, name: stem } = path.parse(source);
  const companions = new Set([`${base}.data`, `${base}_data`, `${stem}.data`, `${stem}_data`]);
  companions.delete(base);
  const data = await Promise.all([...companions].map((name) => scan(name, path.join(directory, name))));
  return makeSnapshot(modelName, directory, [model, ...data.flatMap((entry) => entry ?? [])], ['1']);
}

async function scanModel(
  directory: string,
  name: string,
  previous: ModelSnapshot | undefined,
  readers: Readers,
): Promise<ModelSnapshot | undefined> {
  const found: { files: string[]; directories: string[] } = { files: [], directories: [] };
  if (!(await walk(directory, '', 0, found))) return undefined;
  const known = new Map(previous?.files.map((file) => [file.path, file]));
  const scanned = await Promise.all(
    found.files.map((file) => scanFile(file, path.join(directory, file), known.get(file), readers)),
  );
  const files = scanned.flatMap((file) => file ?? []);
  // Unchanged models keep their object, so that whoever holds on to it can compare cheaply.
  const model = makeSnapshot(name, directory, files, found.directories);
  const isSame = previous?.fingerprint === model.fingerprint && previous.directory === directory;
  return isSame && files.every((file, index) => file === previous.files[index]) ? previous : model;
}

/** Collects what lies below; false where there is no such directory (any more). */
async function walk(
  root: string,
  below: string,
  depth: number,
  found: { files: string[]; directories: string[] },
): Promise<boolean> {
  let entries: Dirent[];
  try {
    entries = await readdir(path.join(root, below), { withFileTypes: true });
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
  const directories: string[] = [];
  for (const entry of entries) {
    if (isTemporary(entry.name)) continue;
    const relative = below === '' ? entry.name : `${below}/${entry.name}`;
    const kind = entry.isSymbolicLink()
      ? await stat(path.join(root, relative)).catch(() => undefined)
      : entry;
    if (kind?.isDirectory()) directories.push(relative);
    else if (kind?.isFile() && !isTemporaryFile(entry.name)) found.files.push(relative);
  }
  if (found.files.length > MAX_FILES) {
    throw userError('REPOSITORY_TOO_LARGE', `${root} holds more than ${MAX_FILES} files`, {
      hint: 'is this the model repository? It holds one folder for each model',
    });
  }
  if (depth < MAX_DEPTH) {
    await Promise.all(
      directories.map(async (directory) => {
        if (await walk(root, directory, depth + 1, found)) found.directories.push(directory);
      }),
    );
  }
  return true;
}

/** Names that are never part of a model: hidden files and what Python and file managers leave behind. */
function isTemporary(name: string): boolean {
  return name.startsWith('.') || name === '__pycache__' || name === 'Thumbs.db' || name === 'desktop.ini';
}

/** What editors and copying programs write beside the real file (vim's probe is the bare `4913`). */
function isTemporaryFile(name: string): boolean {
  return (
    /~$|^#.*#$|^~\$|\.(?:sw[a-z]|tmp|temp|part|partial|crdownload|pyc)$|___jb_(?:tmp|old)___$/i.test(name) ||
    name === '4913'
  );
}

async function scanFile(
  relative: string,
  file: string,
  known: SnapshotFile | undefined,
  readers: Readers,
): Promise<SnapshotFile | undefined> {
  try {
    if (known?.stamp !== undefined) {
      const stats: BigIntStats = await stat(file, { bigint: true });
      if (stampOf(stats) === known.stamp) return known;
    }
    const { bytes, sha256, stamp } = await readers.run(() => readContent(file));
    return { path: relative, bytes, sha256, ...(stamp === undefined ? {} : { stamp }) };
  } catch (error) {
    // Gone again, replaced by a folder, or held by whoever is writing it: the next scan sees what became of it.
    if (hasErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EBUSY')) return undefined;
    throw error;
  }
}

function makeSnapshot(
  name: string,
  directory: string,
  files: readonly SnapshotFile[],
  directories: readonly string[],
): ModelSnapshot {
  const sortedFiles = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const sortedDirectories = [...directories].sort();
  const digest = createHash('sha256');
  for (const entry of sortedDirectories) digest.update(`${entry}/\n`);
  for (const file of sortedFiles) digest.update(`${file.path}\n${file.sha256}\n`);
  return {
    name,
    directory,
    files: sortedFiles,
    directories: sortedDirectories,
    fingerprint: digest.digest('hex'),
  };
}

/** Lets a limited number of tasks run at once. */
class Readers {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
