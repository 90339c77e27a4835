import path from 'node:path';
import { stringify } from 'yaml';
import { userError } from '../base/index.ts';
import type { AzureWorkspace, JsonObject } from '../workspace/index.ts';
import { type Document, objectIn, readDocument, textIn } from './document.ts';
import type { Say } from './models.ts';
import { refusal } from './refusal.ts';

const CURATED_NAME = 'AzureML-Triton';

/**
 * The curated environment of Azure ML for Triton. Microsoft has not published its list; that it has these two is
 * documented (azureml.md 7).
 */
const CURATED: JsonObject = {
  name: CURATED_NAME,
  version: '1',
  environmentVariables: { EXAMPLE_ENV_VAR: 'EXAMPLE_VALUE' },
  python: {
    interpreterPath: 'python',
    userManagedDependencies: false,
    condaDependencies: {
      channels: ['conda-forge'],
      dependencies: ['python', { pip: ['azureml-defaults', 'tritonhttpclient'] }],
      name: 'azureml-triton',
    },
    baseCondaEnvironment: null,
  },
  docker: {
    enabled: true,
    baseImage: null,
    baseDockerfile: null,
    sharedVolumes: true,
    shmSize: '2g',
    arguments: [],
  },
  inferencingStackVersion: 'latest',
};

/** What our own environments hold for every script; the names are what Azure's packages bring along. */
const ALWAYS_THERE = ['numpy', 'tritonclient[http]', 'flask', 'inference-schema'];
/** Azure's own servers and clients: ours take their place. */
const REPLACED =
  /^(?:(?:azureml-defaults|azureml-inference-server-http|tritonhttpclient|tritonclientutils|nvidia-pyindex)\b.*|numpy|flask|inference-schema|tritonclient(?:\[[\w,]*\])?)$/i;

/**
 * The environment of this name: registered here, the curated one, or, since one cannot look into the cloud, a clone
 * of the curated one, with a warning.
 */
export async function findEnvironment(
  workspace: AzureWorkspace,
  name: string,
  version: string | undefined,
  say: Say,
): Promise<JsonObject> {
  const { environments } = await workspace.read();
  const found = environments.filter(
    (environment) => environment.name === name && (version === undefined || environment.version === version),
  );
  const latest = found.at(-1);
  if (latest) return latest.definition;
  if (name === CURATED_NAME) return CURATED;
  say(
    `WARNING: environment "${name}"${version === undefined ? '' : ` version ${version}`} is not registered here; it is taken for a clone of ${CURATED_NAME}`,
  );
  return { ...CURATED, name, version: version ?? '1' };
}

/** `az ml environment list`: what is registered, and the curated one. */
export async function listEnvironments(workspace: AzureWorkspace): Promise<JsonObject[]> {
  const { environments } = await workspace.read();
  return [...environments.map(({ definition }) => definition), CURATED];
}

/** `az ml environment show`. @throws ENVIRONMENT_NOT_FOUND */
export async function showEnvironment(
  workspace: AzureWorkspace,
  name: string,
  version: string | undefined,
): Promise<JsonObject> {
  const all = await listEnvironments(workspace);
  const fitting = all.filter((it) => it.name === name && (version === undefined || it.version === version));
  const found = fitting.at(-1);
  if (found) return found;
  throw userError('ENVIRONMENT_NOT_FOUND', `No environment with name "${name}" exists in this workspace`, {
    hint: `there are: ${[...new Set(all.map((it) => String(it.name)))].join(', ')}`,
  });
}

/** `az ml environment register`: the definition under its name, as the next version unless it says one. */
export async function registerEnvironment(
  workspace: AzureWorkspace,
  definition: JsonObject,
): Promise<JsonObject> {
  const name = textIn(definition, 'name');
  if (name === undefined) throw refusal('Error, the environment has no name.');
  const { environments } = await workspace.read();
  const versions = environments.filter((it) => it.name === name).map((it) => Number(it.version) || 0);
  const version = textIn(definition, 'version') ?? String(Math.max(0, ...versions) + 1);
  // The file may change or go; what was registered is its content now.
  const python = objectIn(definition, 'python');
  const file = textIn(python, 'condaDependenciesFile');
  const condaDependencies = file === undefined ? undefined : (await condaFile(file)).value;
  const complete = {
    ...definition,
    name,
    version,
    ...(condaDependencies && { python: { ...python, condaDependenciesFile: null, condaDependencies } }),
  };
  await workspace.putEnvironment({ name, version, definition: complete });
  return complete;
}

/** An environment as a folder has it: `azureml_environment.json`, as the SDK's `save_to_directory` writes it. */
export async function readEnvironmentDirectory(directory: string): Promise<JsonObject> {
  const { value } = await readDocument(
    path.join(directory, 'azureml_environment.json'),
    '--environment-directory',
  );
  return value;
}

/** What an environment means for an emulator. */
export interface EnvironmentPlan {
  /** A conda file's content; undefined where our own default environment has all of it. */
  readonly conda: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
  /** The base image, for the docker engine. */
  readonly image: string | undefined;
}

/** @throws AZUREML_FILE_INVALID for a conda file that cannot be read. */
export async function planEnvironment(environment: JsonObject): Promise<EnvironmentPlan> {
  const python = objectIn(environment, 'python') ?? {};
  const file = textIn(python, 'condaDependenciesFile');
  const conda = file === undefined ? objectIn(python, 'condaDependencies') : (await condaFile(file)).value;
  const variables = Object.entries(objectIn(environment, 'environmentVariables') ?? {});
  return {
    conda: conda === undefined ? undefined : condaText(conda),
    variables: Object.fromEntries(variables.map(([name, value]) => [name, String(value)])),
    image: textIn(objectIn(environment, 'docker'), 'baseImage'),
  };
}

const condaFile = (file: string): Promise<Document> => readDocument(file, '--conda-file');

function condaText({ channels, dependencies }: JsonObject): string | undefined {
  const list: unknown[] = Array.isArray(dependencies) ? dependencies : [];
  const conda = list.filter((entry) => typeof entry === 'string' && !/^(?:python|pip)\s*$/.test(entry));
  const pip = list.flatMap((entry) =>
    typeof entry === 'object' && entry !== null && 'pip' in entry && Array.isArray(entry.pip)
      ? entry.pip
      : [],
  );
  const own = pip.map(String).filter((line) => !REPLACED.test(line.trim()));
  if (own.length === 0 && conda.length === 0) return undefined;
  return stringify({ channels, dependencies: [...conda, { pip: [...ALWAYS_THERE, ...own] }] });
}
