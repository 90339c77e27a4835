import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { entryKind } from '../base/index.ts';
import { ModelConfigError } from './config-error.ts';
import { type ModelDefinition, readModelDefinition } from './model-definition.ts';

/** Common names of model files other than those that Triton looks for. */
const WEIGHTS = /\.(?:onnx|py|pt|pth|plan|engine|pb|graphdef|savedmodel|xml|bin|json|safetensors|h5|pkl)$/i;

/**
 * Says what to do about a model whose file is not where Triton looks for it: the missing folder or name, and what is
 * there instead, as paths relative to the repository. Undefined if every version has its file, or if the configuration
 * cannot be read.
 */
export async function explainMissingFile(repository: string, model: string): Promise<string | undefined> {
  let definition: ModelDefinition;
  try {
    definition = await readModelDefinition(repository, model);
  } catch (error) {
    return isWithoutBackend(error) ? explainNoModelFile(path.join(repository, model), model) : undefined;
  }
  if (definition.config.platform === 'ensemble') return undefined;
  const { directory, config, versions } = definition;
  const file = config.default_model_filename || 'the model file';
  const shown = (place: string) => [model, ...path.relative(directory, place).split(path.sep)].join('/');
  const policy = config.version_policy?.specific ?? config.version_policy?.latest;
  if (versions.length === 0) {
    const found = await findWeights(directory, 2);
    if (policy !== undefined && (await hasVersions(directory)))
      return `version_policy in config.pbtxt selects none of the versions in ${model}`;
    return found === undefined ? `put ${file} into ${model}/1` : `move ${shown(found)} to ${model}/1/${file}`;
  }
  for (const { directory: version, modelFile } of versions) {
    if ((await entryKind(modelFile)) !== undefined) continue;
    if (await lstat(modelFile).catch(() => undefined))
      return `${shown(modelFile)} is a link whose target does not exist`;
    const found = await findWeights(version, 1);
    if (found === undefined) return `put ${path.basename(modelFile)} into ${shown(version)}`;
    const name = path.basename(found);
    return `rename ${shown(found)} to ${path.basename(modelFile)}, or write default_model_filename: "${name}" in config.pbtxt`;
  }
  return undefined;
}

/** Nothing in the folder indicates its backend: there is no model file, or it has an unusual name. */
function isWithoutBackend(error: unknown): boolean {
  return error instanceof ModelConfigError && error.message.includes('Could not determine backend');
}

async function explainNoModelFile(directory: string, model: string): Promise<string> {
  const found = await findWeights(directory, 2);
  if (found === undefined)
    return `put the model file, such as model.onnx or model.py, into ${model}/1, name the backend in config.pbtxt, or move ${model} out of the model repository if it is not a model`;
  const wanted = `model${path.extname(found)}`;
  const folder = path.relative(directory, path.dirname(found));
  const shown = [model, ...path.relative(directory, found).split(path.sep)].join('/');
  return /^[1-9]\d*$/.test(folder)
    ? `rename ${shown} to ${wanted}, or write its backend and default_model_filename: "${path.basename(found)}" in config.pbtxt`
    : `move ${shown} to ${model}/1/${wanted}`;
}

async function hasVersions(directory: string): Promise<boolean> {
  return (await readdir(directory).catch(() => [])).some((name) => /^[1-9]\d*$/.test(name));
}

/** The only file that looks like weights, up to `depth` levels down. */
async function findWeights(directory: string, depth: number): Promise<string | undefined> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const found = entries
    .filter((entry) => entry.isFile() && WEIGHTS.test(entry.name))
    .map((entry) => path.join(directory, entry.name));
  if (depth > 1) {
    for (const entry of entries) {
      if (!entry.isDirectory()) continue;
      const below = await findWeights(path.join(directory, entry.name), depth - 1);
      if (below !== undefined) found.push(below);
    }
  }
  return found.length === 1 ? found[0] : undefined;
}
