import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { entryKind } from '../base/index.ts';
import type { JsonObject } from '../workspace/index.ts';
import { objectIn, readDocument } from './document.ts';
import { refusal } from './refusal.ts';

const DEFINITION = 'azureml_environment.json';
const CONDA_FILE = 'conda_dependencies.yml';
const DOCKERFILE = 'BaseDockerfile';

/**
 * An environment as a folder has it: as the SDK's `save_to_directory` and `az ml environment download` write it, with
 * packages and Dockerfile in files of their own.
 * @throws AZUREML_FILE_INVALID
 */
export async function readEnvironmentDirectory(directory: string): Promise<JsonObject> {
  const { value } = await readDocument(path.join(directory, DEFINITION), '--environment-directory');
  const condaFile = path.resolve(directory, CONDA_FILE);
  const dockerfile = await readFile(path.join(directory, DOCKERFILE), 'utf8').catch(() => undefined);
  return {
    ...value,
    ...((await entryKind(condaFile)) === 'file' && {
      python: { ...objectIn(value, 'python'), condaDependenciesFile: condaFile },
    }),
    ...(dockerfile !== undefined && { docker: { ...objectIn(value, 'docker'), baseDockerfile: dockerfile } }),
  };
}

/** The definition that azureml-core gives an environment of which only the name is known. */
export function newEnvironment(name: string): JsonObject {
  return {
    name,
    version: null,
    environmentVariables: { EXAMPLE_ENV_VAR: 'EXAMPLE_VALUE' },
    python: {
      userManagedDependencies: false,
      interpreterPath: 'python',
      condaDependenciesFile: null,
      baseCondaEnvironment: null,
      condaDependencies: {
        channels: ['anaconda', 'conda-forge'],
        dependencies: ['python=3.8.13', { pip: ['azureml-defaults'] }],
        name: 'project_environment',
      },
    },
    docker: {
      enabled: false,
      baseImage: null,
      baseDockerfile: null,
      sharedVolumes: true,
      shmSize: null,
      arguments: [],
    },
    inferencingStackVersion: null,
  };
}

/**
 * Writes an environment into a folder as `Environment.save_to_directory` does: `azureml_environment.json`, and its
 * packages in a conda file of their own.
 * @throws AZUREML_REFUSED for a folder that is there, unless it may be overwritten.
 */
export async function saveEnvironment(
  environment: JsonObject,
  directory: string,
  overwrite: boolean,
): Promise<void> {
  if (!overwrite && (await entryKind(directory)) !== undefined) {
    throw refusal(`${directory} already exists. Specify overwrite to overwrite it`, {
      hint: 'give another --directory, or --overwrite',
      location: { file: directory },
    });
  }
  await mkdir(directory, { recursive: true });
  const { condaDependencies: conda, ...python } = objectIn(environment, 'python') ?? {};
  const { baseDockerfile, ...docker } = objectIn(environment, 'docker') ?? {};
  await writeFile(
    path.join(directory, DEFINITION),
    `${JSON.stringify({ ...environment, python, docker }, null, 4)}\n`,
  );
  if (conda) await writeFile(path.join(directory, CONDA_FILE), stringify(conda));
  if (typeof baseDockerfile === 'string') await writeFile(path.join(directory, DOCKERFILE), baseDockerfile);
}
