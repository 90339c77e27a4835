import path from 'node:path';
import { entryKind } from '../base/index.ts';
import type { JsonObject } from '../workspace/index.ts';
import { type Document, objectIn, textIn } from './document.ts';
import { refusal } from './refusal.ts';
import { checkShape, type Shape } from './schema-check.ts';

/** The entry script and what it runs in, checked. */
export interface InferenceConfig {
  /** Absolute; undefined where the script stands alone. */
  readonly sourceDirectory: string | undefined;
  /** Absolute. */
  readonly entryScript: string;
  /** Relative to the source directory, or the script's name. */
  readonly entryName: string;
  /** The environment that the configuration holds; undefined where it holds none. */
  readonly environment: JsonObject | undefined;
  readonly description: string | undefined;
}

/** What makes an environment without naming one, in the configurations of before environments. */
const PARTS = [
  'runtime',
  'condaFile',
  'extraDockerfileSteps',
  'enableGpu',
  'cudaVersion',
  'baseImage',
] as const;

/**
 * Both forms of docs/reference/azureml.md#inference-configuration: an `environment`, or the parts of which one was made
 * before.
 */
const SHAPE: { readonly [name: string]: Shape } = {
  entryScript: 'text',
  sourceDirectory: 'text',
  description: 'text',
  environment: 'any',
  runtime: 'text',
  condaFile: 'text',
  extraDockerfileSteps: 'text',
  enableGpu: 'boolean',
  cudaVersion: 'text',
  baseImage: 'text',
  baseImageRegistry: { address: 'text', username: 'text', password: 'text' },
};
const RUNTIMES = ['python', 'python-slim', 'spark-py'];
const CUDA_VERSIONS = ['9.0', '9.1', '10.0'];
const KEYWORDS = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(
    ' ',
  ),
);

/**
 * Checks an inference configuration as azureml-core's `InferenceConfig` does, in its words and its order.
 * @param flags members given on the command line; they win over the file.
 * @param namesEnvironment whether the command line names an environment.
 * @throws AZUREML_REFUSED, before anything is copied or started.
 */
export async function readInferenceConfig(
  document: Document | undefined,
  flags: JsonObject,
  namesEnvironment: boolean,
): Promise<{ readonly config: InferenceConfig; readonly warnings: readonly string[] }> {
  const warnings = document ? checkShape(document, SHAPE) : [];
  const value = { ...document?.value, ...flags };
  const at = (name: string) => (document ? { location: document.locate(name) } : {});
  const entryName = textIn(value, 'entryScript');
  if (entryName === undefined) throw refusal('Error, need to specify entry_script.', at('entryScript'));
  const environment = objectIn(value, 'environment') ?? partsAsEnvironment(value);
  if ((objectIn(value, 'environment') || namesEnvironment) && PARTS.some((part) => value[part] != null)) {
    throw refusal(
      'Error, unable to provide runtime, conda_file, extra_docker_file_steps, enable_gpu, cuda_version, or base_image along with an environment object.',
    );
  }
  checkEnvironmentParts(value);

  const directory = textIn(value, 'sourceDirectory');
  const sourceDirectory = directory === undefined ? undefined : path.resolve(directory);
  if (sourceDirectory !== undefined && (await entryKind(sourceDirectory)) !== 'directory')
    throw refusal(`source directory ${sourceDirectory} doesn't exist. `, at('sourceDirectory'));
  const entryScript = path.resolve(sourceDirectory ?? '.', entryName);
  if ((await entryKind(entryScript)) !== 'file') {
    const shown = sourceDirectory === undefined ? entryName : path.join(directory ?? '', entryName);
    throw refusal(
      `entry_script ${shown} doesn't exist. entry_script should be path relative to current working directory`,
      {
        hint:
          sourceDirectory === undefined
            ? `looked for ${entryScript}`
            : `with a source directory it is relative to that: looked for ${entryScript}`,
        ...at('entryScript'),
      },
    );
  }
  checkScriptName(entryScript, at('entryScript'));
  return {
    warnings,
    config: {
      sourceDirectory,
      entryScript,
      entryName: sourceDirectory === undefined ? path.basename(entryScript) : entryName,
      environment: withCondaFile(environment, value, sourceDirectory),
      description: textIn(value, 'description'),
    },
  };
}

function checkScriptName(entryScript: string, details: Parameters<typeof refusal>[1]): void {
  const { name, ext } = path.parse(entryScript);
  if (ext !== '.py')
    throw refusal('Invalid driver type. Currently only Python drivers are supported.', details);
  if (/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) && !KEYWORDS.has(name)) return;
  throw refusal(
    `Error, invalid name "${name}" for provided entry script. The script must be importable as a valid python module, and must adhere to standard module naming. This means it must be a valid python identifier and not a part of the set of python standard keywords.`,
    details,
  );
}

function checkEnvironmentParts(value: JsonObject): void {
  const runtime = textIn(value, 'runtime');
  if (runtime !== undefined && !RUNTIMES.includes(runtime.toLowerCase()))
    throw refusal(`Provided runtime not supported. Possible runtimes are: ${RUNTIMES.join('|')}`);
  const cuda = textIn(value, 'cudaVersion');
  if (cuda !== undefined && !CUDA_VERSIONS.includes(cuda))
    throw refusal(
      `Provided cuda_version not supported. Possible cuda_versions are: ${CUDA_VERSIONS.join('|')}`,
    );
}

/** The environment that the old parts stand for; undefined where none is given. */
function partsAsEnvironment(value: JsonObject): JsonObject | undefined {
  if (!PARTS.some((part) => value[part] != null)) return undefined;
  const docker = { baseImage: textIn(value, 'baseImage') ?? null, gpuSupport: value.enableGpu === true };
  return { name: null, docker, python: {} };
}

/** A conda file is named relative to the source directory; the rest of us reads it from where it is. */
function withCondaFile(
  environment: JsonObject | undefined,
  value: JsonObject,
  sourceDirectory: string | undefined,
): JsonObject | undefined {
  const python = objectIn(environment ?? {}, 'python');
  const file = textIn(value, 'condaFile') ?? textIn(python, 'condaDependenciesFile');
  if (environment === undefined || file === undefined) return environment;
  const condaDependenciesFile = path.resolve(sourceDirectory ?? '.', file);
  return { ...environment, python: { ...python, condaDependenciesFile } };
}
