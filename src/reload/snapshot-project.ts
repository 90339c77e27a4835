import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { hasErrno } from '../base/index.ts';
import { type RepositorySnapshot, scanRepository, snapshotOnnxFile } from '../repository/index.ts';
import { isWeights } from './file-kind.ts';
import { emptyFileTable, equalStamps, type FileScope, type FileStamp, type FileTable } from './file-table.ts';
import type { ProjectSnapshot } from './plan.ts';
import { type ReloadConfig, scanProject } from './scan.ts';

/** Larger sources are compared by size and time, or omitted if they are text (logs, data dumps). */
const MOST_HASHED_BYTES = 10 * 1024 * 1024;
/**
 * A file hashed this soon after it was written may change again without changing its times (FAT has a resolution of 2
 * s).
 */
const YOUNG_MS = 2_000;
const SLICE_MS = 4;

/**
 * The project's current content: the scan of the model repository and the hashes of the files that the entry script may
 * read. With `previous`, files with an equal stamp are not read again, so an unchanged project costs only stats.
 */
export async function snapshotProject(
  config: ReloadConfig,
  previous?: ProjectSnapshot,
): Promise<ProjectSnapshot> {
  const table = await scanProject(config);
  return readProject(config, table, previous, new Set<FileScope>(['sources', 'repository']));
}

/**
 * Reads the given scopes; the others come from `previous`. So does a model repository whose folder is gone (an
 * unmounted drive, a checkout under way): what is loaded keeps serving.
 */
export async function readProject(
  config: ReloadConfig,
  table: FileTable,
  previous: ProjectSnapshot | undefined,
  scopes: ReadonlySet<FileScope>,
): Promise<ProjectSnapshot> {
  const hashes = new Map(previous && hashesOf.get(previous));
  const readsSources = !previous || scopes.has('sources');
  const sources = readsSources ? await hashSources(table, hashes) : previous.sources;
  const readsRepository = table.repositoryFound && (!previous || scopes.has('repository'));
  const repository = readsRepository ? await readRepository(config, previous) : previous?.repository;
  const snapshot: ProjectSnapshot = { repository, sources };
  hashesOf.set(snapshot, hashes);
  tableOf.set(snapshot, table);
  return snapshot;
}

/** The table after which a snapshot was read; a reloader's first scan is compared with it. */
export function tableBehind(snapshot: ProjectSnapshot): FileTable {
  return tableOf.get(snapshot) ?? emptyFileTable;
}

/** The same snapshot without models. */
export function withoutModels(snapshot: ProjectSnapshot): ProjectSnapshot {
  const stripped: ProjectSnapshot = { ...snapshot, repository: undefined };
  tableOf.set(stripped, tableBehind(snapshot));
  return stripped;
}

interface HashedFile {
  readonly stamp: FileStamp;
  readonly hash: string;
  /** Whether an equal stamp proves equal content. */
  readonly trusted: boolean;
}

// Kept outside the snapshots, which stay plain data for planning and applying.
const hashesOf = new WeakMap<ProjectSnapshot, ReadonlyMap<string, HashedFile>>();
const tableOf = new WeakMap<ProjectSnapshot, FileTable>();

async function hashSources(table: FileTable, hashes: Map<string, HashedFile>): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  let sliceEnd = performance.now() + SLICE_MS;
  for (const [file, stamp] of table.files) {
    if (stamp.scope !== 'sources') continue;
    const known = hashes.get(file);
    if (known?.trusted && equalStamps(known.stamp, stamp)) {
      sources.set(file, known.hash);
      continue;
    }
    const hash = hashSource(file, stamp);
    if (hash === undefined) continue;
    sources.set(file, hash);
    const newest = Math.max(stamp.mtimeMs, stamp.ctimeMs);
    hashes.set(file, { stamp, hash, trusted: Math.abs(Date.now() - newest) > YOUNG_MS });
    if (performance.now() > sliceEnd) {
      await nextTurn();
      sliceEnd = performance.now() + SLICE_MS;
    }
  }
  for (const file of hashes.keys()) if (!sources.has(file)) hashes.delete(file);
  return sources;
}

/** The content's hash; undefined for a file that is gone or omitted. */
function hashSource(file: string, stamp: FileStamp): string | undefined {
  if (stamp.bytes > MOST_HASHED_BYTES)
    return isWeights(path.basename(file)) ? `${stamp.bytes} bytes of ${stamp.mtimeMs}` : undefined;
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch (error) {
    return hasErrno(error, 'ENOENT', 'ENOTDIR') ? undefined : 'unreadable';
  }
}

async function readRepository(
  { models }: ReloadConfig,
  previous: ProjectSnapshot | undefined,
): Promise<RepositorySnapshot | undefined> {
  if (!models) return undefined;
  if (models.kind === 'repository') return scanRepository(models.directory, previous?.repository);
  const model = await snapshotOnnxFile(
    models.file,
    models.model,
    previous?.repository?.models.get(models.model),
  );
  return { directory: path.dirname(models.file), models: new Map([[model.name, model]]) };
}
