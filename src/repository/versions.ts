import { stat } from 'node:fs/promises';
import path from 'node:path';
import { listSubdirectories } from './backend-fields.ts';
import type { ModelConfig } from './model-config.ts';
import { readVersionFolder } from './version-folders.ts';

/** One version that the version policy selects. */
export interface ModelVersion {
  /** In decimal, as in the directory's name. */
  readonly version: string;
  readonly directory: string;
  /**
   * Absolute path of the model's file, which the backend checks. For an ONNX model that is a folder, the file inside;
   * for an ensemble, which has no file, the version's directory.
   */
  readonly modelFile: string;
}

/**
 * Returns the versions to serve (docs/reference/triton.md#version-policy) in ascending order. A folder such as `2_old`
 * is version 2, as for Triton.
 */
export async function selectVersions(modelDirectory: string, config: ModelConfig): Promise<ModelVersion[]> {
  const existing = new Set<bigint>();
  for (const name of await listSubdirectories(modelDirectory)) {
    const read = readVersionFolder(name);
    if (read.kind === 'version') existing.add(read.version);
  }
  const ascending = [...existing].sort((a, b) => (a < b ? -1 : 1)).map(String);
  const chosen = choose(ascending, config);
  return Promise.all(
    chosen.map(async (version) => {
      const directory = path.join(modelDirectory, version);
      return { version, directory, modelFile: await findModelFile(directory, config) };
    }),
  );
}

function choose(existing: readonly string[], { version_policy }: ModelConfig): readonly string[] {
  if (version_policy?.specific) {
    const wanted = new Set(version_policy.specific.versions.map(String));
    return existing.filter((version) => wanted.has(version));
  }
  if (version_policy?.latest) {
    const count = version_policy.latest.num_versions;
    return count === 0 ? [] : existing.slice(-count);
  }
  return existing;
}

async function findModelFile(versionDirectory: string, config: ModelConfig): Promise<string> {
  const file = path.join(versionDirectory, config.default_model_filename);
  if (config.backend !== 'onnxruntime') return file;
  const found = await stat(file).catch(() => undefined);
  return found?.isDirectory() ? path.join(file, 'model.onnx') : file;
}
