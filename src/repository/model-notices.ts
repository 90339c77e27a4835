import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { recognizeFile } from './file-kind.ts';
import { type ModelDefinition, readModelDefinition } from './model-definition.ts';
import { hasGpuGroups } from './normalize.ts';
import { readOnnxHeader } from './onnx-header.ts';
import { EMULATED_RELEASE, tooNewFor } from './onnx-releases.ts';
import type { ModelSnapshot } from './snapshot.ts';
import { readVersionFolder } from './version-folders.ts';
import type { ModelVersion } from './versions.ts';

/** Something about a model's folder that does not stop a load, or explains why one fails. */
export interface ModelNotice {
  /** What was seen, in the user's paths. */
  readonly message: string;
  /** What would be right. */
  readonly hint: string;
  readonly file: string;
}

/** Weights that no ONNX model has, by the ending of their names. */
const OTHER_FRAMEWORKS: Readonly<Record<string, string>> = {
  '.pt': 'PyTorch',
  '.pth': 'PyTorch',
  '.safetensors': 'PyTorch',
  '.pb': 'TensorFlow',
  '.h5': 'Keras',
  '.keras': 'Keras',
  '.tflite': 'TensorFlow Lite',
  '.plan': 'TensorRT',
  '.engine': 'TensorRT',
  '.pkl': 'Python pickle',
  '.joblib': 'Python pickle',
};

export interface NoticeOptions {
  /** The release of Triton that the model is meant for, such as `24.10`. */
  readonly release?: string | undefined;
  /** Whether instances that ask for a GPU run on the CPU here. */
  readonly gpuModelsOnCpu?: boolean;
}

/**
 * What a model's folder holds that Triton passes over or would not load: folders that are no versions, files in the
 * wrong place or under another name, files that are no models, models newer than the release.
 */
export async function findModelNotices(
  model: ModelSnapshot,
  { release = EMULATED_RELEASE, gpuModelsOnCpu = false }: NoticeOptions = {},
): Promise<readonly ModelNotice[]> {
  const notices = [...folderNotices(model), ...misplacedFiles(model)];
  const definition = await readModelDefinition(path.dirname(model.directory), path.basename(model.directory))
    // What is wrong with the configuration, the load says.
    .catch(() => undefined);
  if (definition?.config.backend !== 'onnxruntime') return notices;
  if (gpuModelsOnCpu && hasGpuGroups(definition.config)) notices.push(gpuNotice(model));
  for (const version of definition.versions) {
    notices.push(
      ...(existsSync(version.modelFile)
        ? await weightNotices(version.modelFile, release)
        : otherWeights(model, definition, version)),
    );
  }
  return notices;
}

function gpuNotice({ directory }: ModelSnapshot): ModelNotice {
  return {
    message: 'instance_group asks for KIND_GPU and runs on the CPU here: a difference from the cloud',
    hint: 'KIND_AUTO takes a GPU where there is one and the CPU elsewhere, without --gpu-models-on-cpu',
    file: path.join(directory, 'config.pbtxt'),
  };
}

function* folderNotices({ directory, directories = [] }: ModelSnapshot): Generator<ModelNotice> {
  for (const name of directories.filter((entry) => !entry.includes('/'))) {
    const file = path.join(directory, name);
    const read = readVersionFolder(name);
    if (read.kind === 'ignored') {
      const hint = `name a version by a whole number, such as ${path.join(directory, '1')}, or move the folder out of the model`;
      yield { message: `${file} is no version, it ${read.reason}: Triton passes it over`, hint, file };
    } else if (read.kind === 'version' && read.folder !== name) {
      const message = `${file} counts as version ${read.version} for Triton, which then looks into ${path.join(directory, read.folder)}`;
      yield { message, hint: `rename it to ${read.folder}, or move it out of the model's folder`, file };
    }
  }
}

function* misplacedFiles({ directory, files, directories = [] }: ModelSnapshot): Generator<ModelNotice> {
  for (const { path: relative } of files) {
    const [folder = '', name, deeper] = relative.split('/');
    const file = path.join(directory, relative);
    if (name === 'config.pbtxt' && deeper === undefined && readVersionFolder(folder).kind === 'version')
      yield {
        message: `${file} is not read: a configuration belongs to the model, not to a version`,
        hint: `move it to ${path.join(directory, 'config.pbtxt')}`,
        file,
      };
    const isWeights = folder.endsWith('.onnx') && name === undefined;
    if (isWeights && !directories.some((entry) => readVersionFolder(entry).kind === 'version'))
      yield {
        message: `${file} lies beside the versions, of which there are none`,
        hint: `move it to ${path.join(directory, '1', 'model.onnx')}`,
        file,
      };
  }
}

/** What lies in a version's folder where the model's file does not. */
function* otherWeights(
  { directory, files }: ModelSnapshot,
  { config }: ModelDefinition,
  { version, modelFile }: ModelVersion,
): Generator<ModelNotice> {
  const wanted = path.basename(modelFile);
  for (const { path: relative } of files) {
    const [folder, name = '', deeper] = relative.split('/');
    if (folder !== version || deeper !== undefined) continue;
    const file = path.join(directory, relative);
    const ending = path.extname(name).toLowerCase();
    const framework = OTHER_FRAMEWORKS[ending];
    if (ending === '.onnx')
      yield {
        message: `${file} is not read: Triton looks for ${wanted}`,
        hint: `rename it to ${wanted}, or write default_model_filename: "${name}" in config.pbtxt`,
        file,
      };
    else if (framework)
      yield {
        message: `${file} belongs to ${framework}, and the model is one of ${config.backend}: Triton looks for ${wanted}`,
        hint: 'export the model to ONNX, or name the backend that runs it in config.pbtxt',
        file,
      };
  }
}

async function weightNotices(file: string, release: string): Promise<ModelNotice[]> {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return [];
  const kind = await recognizeFile(file);
  if (kind) return [{ message: `${file} is ${kind.is}`, hint: kind.remedy, file }];
  const header = await readOnnxHeader(file).catch(() => undefined);
  const tooNew = header && tooNewFor(header, release);
  if (!tooNew) return [];
  const producer = header.producer === '' ? '' : `, written by ${header.producer},`;
  return [
    {
      message: `${file}${producer} has ${tooNew.excess.join(' and ')}: Triton ${release} refuses it, since it has ONNX Runtime ${tooNew.onnxRuntime}; here it may load all the same`,
      hint: tooNew.remedy,
      file,
    },
  ];
}
