import type { Stats } from 'node:fs';
import path from 'node:path';
import { isInside } from '../base/index.ts';
import { isSourceName } from './file-kind.ts';
import { isIgnoredName, isPythonEnvironment } from './ignore-rules.ts';
import { configurationFiles, externalDataOf, type ReloadConfig } from './scan.ts';

/** What is watched for events. */
export interface WatchedPlaces {
  /** Folders, watched recursively, and single files; absolute paths. */
  readonly roots: readonly string[];
  /** Whether nothing at or below this path matters; `stats` if they are known. */
  isIgnored(target: string, stats: Stats | undefined): boolean;
}

export function watchedPlaces(config: ReloadConfig): WatchedPlaces {
  const repository = config.models?.kind === 'repository' ? config.models.directory : undefined;
  const onnxFile = config.models?.kind === 'onnx-file' ? config.models.file : undefined;
  const modelFiles = onnxFile === undefined ? [] : [onnxFile, ...externalDataOf(onnxFile)];
  const single = [
    ...modelFiles,
    ...(config.script ? [config.script.entryScript, ...configurationFiles(config)] : []),
  ];
  const folders = withoutNested([repository, config.script?.sourceDirectory]);
  const files = single.filter((file) => !folders.some((root) => isInside(root, file)));
  const roots = [...folders, ...new Set(files)];
  return {
    roots,
    isIgnored(target, stats) {
      const root = roots.find((candidate) => isInside(candidate, target));
      if (root === undefined || target === root) return false;
      if (path.relative(root, target).split(path.sep).some(isIgnoredName)) return true;
      if (stats?.isDirectory()) return target === config.home || isPythonEnvironment(target);
      // Every watched file costs a handle, so images and the like beside the sources are not watched.
      const isModelFile =
        modelFiles.includes(target) || (repository !== undefined && isInside(repository, target));
      return stats?.isFile() === true && !isModelFile && !isSourceName(path.basename(target));
    },
  };
}

function withoutNested(folders: readonly (string | undefined)[]): string[] {
  const given = [...new Set(folders.filter((folder) => folder !== undefined))];
  return given.filter((folder) => !given.some((other) => other !== folder && isInside(other, folder)));
}
