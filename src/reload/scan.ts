import { readdirSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isInside } from '../base/index.ts';
import type { ProjectConfig } from '../config/index.ts';
import { isSourceName } from './file-kind.ts';
import type { FileScope, FileStamp, FileTable, FolderStamp } from './file-table.ts';
import { isIgnoredName, isPythonEnvironment } from './ignore-rules.ts';

/** The part of the configuration that determines which files a reload depends on. */
export type ReloadConfig = Pick<
  ProjectConfig,
  'projectDir' | 'projectFile' | 'models' | 'script' | 'python' | 'home'
> & { readonly reload: Pick<ProjectConfig['reload'], 'watch'> };

const MOST_SOURCE_FILES = 10_000;
const MOST_REPOSITORY_FILES = 100_000;
const MOST_DIRECTORIES = 20_000;
/** File system calls are synchronous, which is ten times cheaper, but never block the process for longer than this. */
const SLICE_MS = 4;

/**
 * Walks the source directory and the model repository and records the stamp of every file that matters. Follows links,
 * visiting each folder once. Reads no content; omits folders and files that disappear in the meantime or are not
 * readable.
 */
export async function scanProject(config: ReloadConfig): Promise<FileTable> {
  const takenMs = Date.now();
  const walk = new Walk();
  const repository = config.models?.kind === 'repository' ? config.models.directory : undefined;
  const repositoryStats = repository === undefined ? undefined : statsOf(repository);
  let repositoryFound = config.models === undefined;
  if (repository !== undefined && repositoryStats?.isDirectory()) {
    repositoryFound = true;
    await walk.directory(repository, repositoryFiles(config));
  }
  if (config.models?.kind === 'onnx-file') repositoryFound = walk.file(config.models.file, 'repository');
  if (config.script) {
    const { entryScript, sourceDirectory } = config.script;
    const rules = sourceFiles(config, repository, repositoryStats);
    await walk.directory(sourceDirectory, rules);
    for (const file of [entryScript, ...configurationFiles(config)]) {
      if (!walk.files.has(file)) walk.file(file, 'sources');
    }
  }
  return {
    files: walk.files,
    folders: walk.folders,
    takenMs,
    repositoryFound,
    truncated: walk.truncated,
  };
}

/** The files that define how the workers start, wherever they are. */
export function configurationFiles({ projectFile, python }: ReloadConfig): string[] {
  const files = [python.requirementsFile, python.condaFile, projectFile];
  return files.filter((file) => file !== undefined);
}

/** The files beside a large ONNX file in which exporters put its weights. */
export function externalDataOf(file: string): string[] {
  const { dir, base, name } = path.parse(file);
  const names = new Set([`${base}.data`, `${base}_data`, `${name}.data`, `${name}_data`]);
  names.delete(base);
  return [...names].map((companion) => path.join(dir, companion));
}

interface WalkRules {
  readonly scope: FileScope;
  readonly limit: number;
  entersDirectory(directory: string, stats: Stats, depth: number): boolean;
  takesFile(file: string, depth: number): boolean;
}

function repositoryFiles(config: ReloadConfig): WalkRules {
  return {
    scope: 'repository',
    limit: MOST_REPOSITORY_FILES,
    entersDirectory: (directory) => directory !== config.home,
    // Triton ignores files beside the model folders.
    takesFile: (_file, depth) => depth > 0,
  };
}

function sourceFiles(
  config: ReloadConfig,
  repository: string | undefined,
  repositoryStats: Stats | undefined,
): WalkRules {
  const root = config.script?.sourceDirectory ?? config.projectDir;
  const shared = repository !== undefined && isInside(repository, root);
  const onnxFile = config.models?.kind === 'onnx-file' ? config.models.file : undefined;
  const modelFiles = onnxFile === undefined ? [] : [onnxFile, ...externalDataOf(onnxFile)];
  return {
    scope: 'sources',
    limit: MOST_SOURCE_FILES,
    entersDirectory(directory, stats, depth) {
      if (depth === 0) return true;
      if (repositoryStats && identityOf(stats) === identityOf(repositoryStats)) return false;
      if (directory === config.home || isPythonEnvironment(directory)) return false;
      return !(shared && isModelDirectory(directory));
    },
    takesFile: (file) => isSourceName(path.basename(file)) && !modelFiles.includes(file),
  };
}

class Walk {
  readonly files = new Map<string, FileStamp>();
  readonly folders = new Map<string, FolderStamp>();
  truncated = false;
  #sliceEnd = performance.now() + SLICE_MS;

  async directory(root: string, rules: WalkRules): Promise<void> {
    const visited = new Set<string>();
    const waiting: { directory: string; depth: number }[] = [];
    let taken = 0;
    const enter = (directory: string, stats: Stats, depth: number): void => {
      const identity = identityOf(stats);
      if (!rules.entersDirectory(directory, stats, depth)) return;
      this.folders.set(directory, { scope: rules.scope, identity });
      if (visited.has(identity)) return;
      visited.add(identity);
      waiting.push({ directory, depth });
    };
    const rootStats = statsOf(root);
    if (rootStats?.isDirectory()) enter(root, rootStats, 0);
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      for (const name of namesIn(next.directory)) {
        if (isIgnoredName(name)) continue;
        const target = path.join(next.directory, name);
        const stats = statsOf(target);
        if (stats?.isDirectory()) {
          if (visited.size < MOST_DIRECTORIES) enter(target, stats, next.depth + 1);
          else this.truncated = true;
        } else if (stats?.isFile() && rules.takesFile(target, next.depth)) {
          if (taken >= rules.limit) this.truncated = true;
          else this.files.set(target, stampOf(stats, rules.scope));
          taken += 1;
        }
      }
      if (performance.now() > this.#sliceEnd) await this.#giveWay();
    }
  }

  file(target: string, scope: FileScope): boolean {
    const stats = statsOf(target);
    if (!stats?.isFile()) return false;
    this.files.set(target, stampOf(stats, scope));
    return true;
  }

  async #giveWay(): Promise<void> {
    await nextTurn();
    this.#sliceEnd = performance.now() + SLICE_MS;
  }
}

function statsOf(target: string): Stats | undefined {
  try {
    return statSync(target, { throwIfNoEntry: false });
  } catch {
    return undefined; // a loop of links, or a folder without permission
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function stampOf(stats: Stats, scope: FileScope): FileStamp {
  return { scope, bytes: stats.size, mtimeMs: stats.mtimeMs, ctimeMs: stats.ctimeMs, inode: stats.ino };
}

function identityOf(stats: Stats): string {
  return `${stats.dev}:${stats.ino}`;
}

/** Only called if models and scripts share a folder. */
function isModelDirectory(directory: string): boolean {
  return namesIn(directory).some((name) => name === 'config.pbtxt' || /^[1-9]\d*$/.test(name));
}
