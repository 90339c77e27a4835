import path from 'node:path';
import type { ScriptSource } from '../config/index.ts';
import type { ReloadAction } from '../events/index.ts';
import type { ModelSnapshot, RepositorySnapshot } from '../repository/index.ts';

/** The project's files at one moment, as far as a reload depends on them. */
export interface ProjectSnapshot {
  readonly repository: RepositorySnapshot | undefined;
  /** Content hash by absolute path of every source file below the script's source directory. */
  readonly sources: ReadonlyMap<string, string>;
}

/** What to do about the difference between two snapshots; no actions if no content changed. */
export interface ReloadPlan {
  readonly actions: readonly ReloadAction[];
  /** Absolute paths whose content differs. */
  readonly causes: readonly string[];
}

/** Identifies what an action changes: of two actions with the same key, the later replaces the earlier. */
export function keyOf({ kind, target }: ReloadAction): string {
  return kind === 'swap-workers' ? WORKERS_KEY : modelKey(target);
}

export const WORKERS_KEY = 'workers';
export const modelKey = (name: string): string => `model ${name}`;

/**
 * The actions that lead from one content to another, and why. Pure: snapshots contain no times, touches or temporary
 * files, so these cannot matter. Models are loaded first (a new script may need them), then the workers restart, then
 * models are unloaded (an old script may still need them). `forced` holds the keys of actions to take although the
 * content is unchanged.
 */
export function planReload(
  before: ProjectSnapshot,
  after: ProjectSnapshot,
  script: ScriptSource | undefined,
  forced: ReadonlySet<string> = new Set(),
): ReloadPlan {
  const actions: ReloadAction[] = [];
  const causes: string[] = [];
  const oldModels = before.repository?.models ?? new Map<string, ModelSnapshot>();
  const newModels = after.repository?.models ?? new Map<string, ModelSnapshot>();
  for (const [name, model] of inOrder(newModels)) {
    const old = oldModels.get(name);
    if (old?.fingerprint === model.fingerprint) {
      if (forced.has(modelKey(name)))
        actions.push({ kind: 'load-model', target: name, reason: 'reloaded by hand' });
      continue;
    }
    const changes = compareModels(old, model);
    actions.push({ kind: 'load-model', target: name, reason: reasonToLoad(old, model, changes) });
    causes.push(...changes.map((change) => realPath(model, change.path)));
  }
  const changes = compareHashes(before.sources, after.sources);
  if (script && (changes.length > 0 || forced.has(WORKERS_KEY))) {
    const shown = changes.map((change) => ({ ...change, path: showSource(script, change.path) }));
    const reason = changes.length > 0 ? describe(shown) : 'reloaded by hand';
    actions.push({ kind: 'swap-workers', target: script.entryScript, reason });
    causes.push(...changes.map((change) => change.path));
  }
  for (const [name, model] of inOrder(oldModels)) {
    if (newModels.has(name)) continue;
    actions.push({ kind: 'unload-model', target: name, reason: 'model removed' });
    causes.push(model.directory);
  }
  return { actions, causes };
}

/** `snapshot` with the versions that `other` has of these source files. */
export function withSourcesOf(
  snapshot: ProjectSnapshot,
  other: ProjectSnapshot,
  files: ReadonlySet<string>,
): ProjectSnapshot {
  if (files.size === 0) return snapshot;
  const sources = new Map(snapshot.sources);
  for (const file of files) {
    const hash = other.sources.get(file);
    if (hash === undefined) sources.delete(file);
    else sources.set(file, hash);
  }
  return { ...snapshot, sources };
}

interface ContentChange {
  readonly path: string;
  readonly what: 'added' | 'changed' | 'removed';
}

function inOrder<Value>(map: ReadonlyMap<string, Value>): [string, Value][] {
  return [...map].sort(([one], [other]) => (one < other ? -1 : 1));
}

function compareModels(old: ModelSnapshot | undefined, model: ModelSnapshot): ContentChange[] {
  const hashes = (files: ModelSnapshot['files']) => new Map(files.map((file) => [file.path, file.sha256]));
  return compareHashes(hashes(old?.files ?? []), hashes(model.files));
}

/** The path of a model's file. A single ONNX file is shown where the user has it, not where it will be staged. */
function realPath(model: ModelSnapshot, file: string): string {
  return model.files.find((entry) => entry.path === file)?.source ?? path.join(model.directory, file);
}

function compareHashes(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): ContentChange[] {
  const changes: ContentChange[] = [];
  for (const [file, hash] of after) {
    const old = before.get(file);
    if (old !== hash) changes.push({ path: file, what: old === undefined ? 'added' : 'changed' });
  }
  for (const file of before.keys()) if (!after.has(file)) changes.push({ path: file, what: 'removed' });
  return changes.sort((one, other) => (one.path < other.path ? -1 : 1));
}

function reasonToLoad(
  old: ModelSnapshot | undefined,
  model: ModelSnapshot,
  changes: readonly ContentChange[],
): string {
  if (!old) return 'model added';
  const oldVersions = versionsOf(old);
  const newVersions = versionsOf(model);
  const versions: ContentChange[] = [];
  for (const version of newVersions)
    if (!oldVersions.has(version)) versions.push({ path: `version ${version}`, what: 'added' });
  for (const version of oldVersions)
    if (!newVersions.has(version)) versions.push({ path: `version ${version}`, what: 'removed' });
  const several = newVersions.size > 1;
  const files = changes
    .filter(({ path: file }) => {
      const version = versionOf(file);
      return version === undefined || (oldVersions.has(version) && newVersions.has(version));
    })
    .map((change) => ({ ...change, path: several ? change.path : path.posix.basename(change.path) }));
  const all = [...versions, ...files];
  return all.length > 0 ? describe(all) : 'model changed';
}

function versionsOf(model: ModelSnapshot): Set<string> {
  const paths = [
    ...(model.directories ?? []).map((directory) => `${directory}/`),
    ...model.files.map((file) => file.path),
  ];
  return new Set(paths.map(versionOf).filter((version) => version !== undefined));
}

/** Triton's version folders are positive integers without a leading zero. */
function versionOf(file: string): string | undefined {
  return /^([1-9]\d*)\//.exec(file)?.[1];
}

function showSource(script: ScriptSource, file: string): string {
  const relative = path.relative(script.sourceDirectory, file);
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : relative.split(path.sep).join('/');
}

/** `score.py changed, helper.py added and 3 more`. */
function describe(changes: readonly ContentChange[]): string {
  const SHOWN = 3;
  const named = changes.slice(0, SHOWN).map((change) => `${change.path} ${change.what}`);
  const rest = changes.length - named.length;
  return named.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
