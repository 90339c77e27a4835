import { statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { userError } from '../base/index.ts';
import {
  listModelDirectories,
  type ModelSnapshot,
  type SnapshotFile,
  scanModel,
  snapshotOnnxFile,
} from '../repository/index.ts';
import { isWeights } from './file-kind.ts';
import type { ReloadConfig } from './scan.ts';
import { QUIET_MS, WEIGHTS_STILL_MS } from './settle.ts';
import { isBeingWritten } from './writers.ts';

/** Longest wait for files that are still being written; Triton's clients give up after a minute. */
const WAIT_LIMIT_MS = 30_000;
const SCAN_AGAIN_MS = 20;

/** The current names of the user's models. @throws REPOSITORY_UNREADABLE and the like if there is no such folder */
export async function listUserModels({ models }: ReloadConfig): Promise<readonly string[]> {
  if (!models) return [];
  return models.kind === 'onnx-file' ? [models.model] : listModelDirectories(models.directory);
}

/** A model as it is in the user's folder at this moment, perhaps incomplete; undefined if it does not exist. */
export async function readUserModel(
  { models }: ReloadConfig,
  name: string,
  previous?: ModelSnapshot,
): Promise<ModelSnapshot | undefined> {
  if (models?.kind === 'repository') return scanModel(models.directory, name, previous);
  return models?.model === name ? snapshotOnnxFile(models.file, name, previous) : undefined;
}

/**
 * The same once the parts that differ from `previous` are complete: they have been quiet for as long as a reload
 * requires, and no process has them open for writing.
 * @throws MODEL_CHANGED_WHILE_STAGING if it is still being written after half a minute
 */
export async function readSettledModel(
  config: ReloadConfig,
  name: string,
  previous?: ModelSnapshot,
): Promise<ModelSnapshot | undefined> {
  const deadline = performance.now() + WAIT_LIMIT_MS;
  let model = await readUserModel(config, name, previous);
  while (model && model.fingerprint !== previous?.fingerprint) {
    if (await isComplete(model, changedFiles(model, previous), deadline)) return model;
    model = await readUserModel(config, name, model);
  }
  return model;
}

/** Waits until a model is quiet; true if it was quiet all along, so that what was read of it is complete. */
async function isComplete(
  model: ModelSnapshot,
  changed: readonly string[],
  deadline: number,
): Promise<boolean> {
  for (let waited = false; ; waited = true) {
    const waitMs = stillForMs(model, changed);
    if (waitMs === 0 && !(await isBeingWritten(changed))) return !waited;
    if (performance.now() > deadline) throw stillWritten(model, changed);
    await sleep(Math.max(waitMs, SCAN_AGAIN_MS));
  }
}

function stillWritten(model: ModelSnapshot, [file = model.directory]: readonly string[]): Error {
  return userError('MODEL_CHANGED_WHILE_STAGING', `${file} of model ${model.name} is still being written`, {
    hint: 'load the model again once its files are complete',
    location: { file },
  });
}

function changedFiles(model: ModelSnapshot, previous: ModelSnapshot | undefined): string[] {
  const known = new Map(previous?.files.map((file) => [file.path, file.sha256]));
  return model.files
    .filter((file) => known.get(file.path) !== file.sha256)
    .map((file) => placeOf(model, file));
}

function placeOf(model: ModelSnapshot, file: SnapshotFile): string {
  return file.source ?? path.join(model.directory, file.path);
}

/** How much longer the model must be quiet to count as complete, in milliseconds. */
function stillForMs({ directory, directories = [] }: ModelSnapshot, changed: readonly string[]): number {
  const quietMs = changed.some((file) => isWeights(path.basename(file))) ? WEIGHTS_STILL_MS : QUIET_MS;
  const places = [...changed, directory, ...directories.map((folder) => path.join(directory, folder))];
  const youngest = Math.max(...places.map(changedAtMs));
  // A clock that is ahead, such as a network drive's, must not prolong this wait.
  return Math.min(quietMs, Math.max(0, quietMs - (Date.now() - youngest)));
}

function changedAtMs(place: string): number {
  const stats = statSync(place, { throwIfNoEntry: false });
  return stats ? Math.max(stats.mtimeMs, stats.ctimeMs) : Date.now();
}
