import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno } from '../base/index.ts';
import { fillBackendFields, listSubdirectories } from './backend-fields.ts';
import { invalidConfig, ModelConfigError } from './config-error.ts';
import { locateConfigError } from './config-location.ts';
import { toModelConfig } from './config-message.ts';
import { parseModelConfigText } from './config-text.ts';
import type { ModelConfig } from './model-config.ts';
import { normalizeModelConfig } from './normalize.ts';
import { runRepositoryAgents } from './repository-agents.ts';
import { isNoise } from './temporary-files.ts';
import { validateCoreRules } from './validate.ts';
import { type ModelVersion, selectVersions } from './versions.ts';

/** A model as its folder declares it, before its backend has read the model file. */
export interface ModelDefinition {
  readonly name: string;
  readonly directory: string;
  /** The `config.pbtxt`; undefined without one. */
  readonly configFile: string | undefined;
  /** Normalized: it has defaults and obeys the core's rules; inputs, outputs and instance groups are as written. */
  readonly config: ModelConfig;
  /**
   * What the version policy selects, in ascending order. An empty list is not a fault of the configuration: Triton
   * refuses the load with `at least one version must be available under the version policy of model 'M'`.
   */
  readonly versions: readonly ModelVersion[];
}

/**
 * Reads a model's folder: steps 1 to 4 of docs/reference/triton.md#how-a-configuration-is-completed, then the version
 * policy. Errors have the user's file and line if the fault is in a `config.pbtxt`.
 * @param override a configuration that replaces `config.pbtxt` (from a load request)
 * @throws CONFIG_PBTXT_INVALID, MODEL_CONFIG_INVALID: Triton's `Poll failed for model directory` (a load answers 500);
 *   MODEL_NAME_INVALID
 */
export async function readModelDefinition(
  repositoryDirectory: string,
  name: string,
  override?: ModelConfig,
): Promise<ModelDefinition> {
  checkModelName(name);
  const directory = path.join(path.resolve(repositoryDirectory), name);
  const configFile = path.join(directory, 'config.pbtxt');
  const text = await readText(configFile);
  const written = text === undefined || override ? undefined : configFile;
  try {
    const given =
      override ?? (text === undefined ? toModelConfig({}) : parseModelConfigText(text, configFile));
    await runRepositoryAgents(given, directory);
    const config = normalizeModelConfig(await fillBackendFields(given, name, directory));
    validateCoreRules(config);
    checkDirectoryName(config, name);
    const versions = await selectVersions(directory, config);
    return { name, directory, configFile: text === undefined ? undefined : configFile, config, versions };
  } catch (error) {
    throw await locateConfigError(error, written);
  }
}

/**
 * Checks that a model's name may be part of a path (mrm ValidateModelName).
 * @throws MODEL_NAME_INVALID with Triton's text
 */
export function checkModelName(name: string): void {
  if (name.trim() === '') {
    throw new ModelConfigError(
      'MODEL_NAME_INVALID',
      'Model name cannot be empty. Please enter a valid name to deploy.',
    );
  }
  if (name === '.' || name.includes('..') || /[/\\\0]/.test(name)) {
    throw new ModelConfigError(
      'MODEL_NAME_INVALID',
      `invalid model name '${name}', model name must not contain path traversal characters`,
    );
  }
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    const kind = await stat(file).catch(() => undefined);
    const reason = kind?.isDirectory()
      ? 'it is a folder'
      : error instanceof Error
        ? error.message
        : String(error);
    throw new ModelConfigError('CONFIG_PBTXT_INVALID', `${file} cannot be read: ${reason}`, {
      location: { file },
      cause: error,
    });
  }
}

function checkDirectoryName({ name }: ModelConfig, directoryName: string): void {
  if (name === directoryName) return;
  throw invalidConfig(
    `unexpected directory name '${directoryName}' for model '${name}', directory name must equal model name`,
    ['name'],
    'INVALID_ARG',
    `write name: "${directoryName}", remove the name, or rename the folder`,
  );
}

/** Sorted names of the subdirectories that are models. */
export async function listModelDirectories(repositoryDirectory: string): Promise<string[]> {
  const names = await listSubdirectories(repositoryDirectory);
  // Triton takes every subdirectory for a model, even `.git` and `__pycache__`, and then fails on it. On a laptop the
  // repository is often a working copy, while the one in the cloud is not: these folders are skipped here.
  return names.filter((name) => !isNoise(name));
}
