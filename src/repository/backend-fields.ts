import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno } from '../base/index.ts';
import { invalidConfig } from './config-error.ts';
import type { ModelConfig } from './model-config.ts';

interface KnownBackend {
  readonly backend: string;
  /** Empty for a backend without a platform. */
  readonly platform: string;
  readonly file: string;
  /** Whether the model must be a file or a folder for its name to imply the backend; undefined for either. */
  readonly kind?: 'file' | 'directory';
}

// In the order that Triton tries.
const KNOWN_BACKENDS: readonly KnownBackend[] = [
  {
    backend: 'tensorflow',
    platform: 'tensorflow_savedmodel',
    file: 'model.savedmodel',
    kind: 'directory',
  },
  { backend: 'tensorflow', platform: 'tensorflow_graphdef', file: 'model.graphdef', kind: 'file' },
  { backend: 'tensorrt', platform: 'tensorrt_plan', file: 'model.plan', kind: 'file' },
  { backend: 'onnxruntime', platform: 'onnxruntime_onnx', file: 'model.onnx' },
  { backend: 'openvino', platform: '', file: 'model.xml' },
  { backend: 'pytorch', platform: 'pytorch_libtorch', file: 'model.pt', kind: 'file' },
  { backend: 'python', platform: '', file: 'model.py' },
];

/** Backends that require a matching platform (mcu GetBackendType). */
export const PLATFORMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['tensorflow', ['tensorflow_graphdef', 'tensorflow_savedmodel']],
  ['tensorrt', ['tensorrt_plan']],
  ['onnxruntime', ['onnxruntime_onnx']],
  ['pytorch', ['pytorch_libtorch']],
]);

/**
 * Completes name, backend, platform and file name from each other, from the files in the model's first subdirectory,
 * or from a model name of the form `NAME.BACKEND` (docs/reference/triton.md#backends-and-platforms, mcu
 * AutoCompleteBackendFields).
 * @throws MODEL_CONFIG_INVALID if the backend cannot be determined
 */
export async function fillBackendFields(
  config: ModelConfig,
  modelName: string,
  modelDirectory: string,
): Promise<ModelConfig> {
  const named = config.name === '' ? { ...config, name: modelName } : config;
  const known = findByConfig(named) ?? (isOpen(named) ? await findByFiles(modelDirectory) : undefined);
  if (known) {
    return {
      ...named,
      backend: named.backend || known.backend,
      platform: named.platform || known.platform,
      default_model_filename: named.default_model_filename || known.file,
    };
  }
  return isOpen(named) ? fillFromName(named, modelName) : named;
}

function isOpen({ backend, platform, default_model_filename }: ModelConfig): boolean {
  return backend === '' && platform === '' && default_model_filename === '';
}

function findByConfig({ backend, platform, default_model_filename }: ModelConfig): KnownBackend | undefined {
  if (backend !== '') {
    const candidates = KNOWN_BACKENDS.filter((known) => known.backend === backend);
    const byDetail = candidates.find(
      (known) => known.platform === platform || known.file === default_model_filename,
    );
    // TensorFlow has two platforms, and its name alone selects neither.
    return byDetail ?? (candidates.length === 1 ? candidates[0] : undefined);
  }
  // Except for TensorFlow, a file name selects the backend even next to an unknown platform, which is refused later.
  return KNOWN_BACKENDS.find(
    (known) =>
      (platform !== '' && known.platform === platform) ||
      (known.file === default_model_filename && (platform === '' || known.backend !== 'tensorflow')),
  );
}

async function findByFiles(modelDirectory: string): Promise<KnownBackend | undefined> {
  const version = await firstSubdirectory(modelDirectory);
  if (version === undefined) return undefined;
  for (const known of KNOWN_BACKENDS) {
    const found = await stat(path.join(version, known.file)).catch(() => undefined);
    if (found && (!known.kind || found.isDirectory() === (known.kind === 'directory'))) return known;
  }
  return undefined;
}

/** Triton searches the first subdirectory by name, whether or not it is a version. */
async function firstSubdirectory(modelDirectory: string): Promise<string | undefined> {
  const names = await listSubdirectories(modelDirectory);
  return names[0] === undefined ? undefined : path.join(modelDirectory, names[0]);
}

/** Names of the subdirectories, links followed, in byte order. @throws MODEL_CONFIG_INVALID if the folder is missing */
export async function listSubdirectories(directory: string): Promise<string[]> {
  let entries: import('node:fs').Dirent[];
  try {
    entries = await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (!hasErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM')) throw error;
    throw invalidConfig(`failed to open directory ${directory}`, undefined, 'INTERNAL');
  }
  const names: string[] = [];
  for (const entry of entries) {
    if (entry.isDirectory()) names.push(entry.name);
    else if (entry.isSymbolicLink()) {
      const target = await stat(path.join(directory, entry.name)).catch(() => undefined);
      if (target?.isDirectory()) names.push(entry.name);
    }
  }
  return names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function fillFromName(config: ModelConfig, modelName: string): ModelConfig {
  const dot = modelName.indexOf('.');
  if (dot < 0) {
    throw invalidConfig(
      `Invalid model name: Could not determine backend for model '${modelName}' with no backend in model ` +
        `configuration. Expected model name of the form 'model.<backend_name>'.`,
      [],
      'INVALID_ARG',
    );
  }
  const backend = modelName.slice(dot + 1);
  return { ...config, backend, default_model_filename: `model.${backend}` };
}
