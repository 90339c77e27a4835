import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { EngineSettings } from '../config/index.ts';
import { recognizeFile } from './file-kind.ts';
import { type ModelDefinition, readModelDefinition } from './model-definition.ts';
import { hasGpuGroups } from './normalize.ts';
import { readOnnxHeader } from './onnx-header.ts';
import { EMULATED_RELEASE, tooNewFor } from './onnx-releases.ts';
import type { ModelSnapshot } from './snapshot.ts';
import { readVersionFolder } from './version-folders.ts';
import type { ModelVersion } from './versions.ts';

/** A finding about a model's folder that does not prevent a load, or explains why a load fails. */
export interface ModelNotice {
  /** What was found, with the user's paths. */
  readonly message: string;
  /** How to correct it. */
  readonly hint: string;
  readonly file: string;
}

/** File name extensions of other frameworks' weights. */
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
  /** The release of Triton that the model is deployed to, such as `24.10`. */
  readonly release?: string | undefined;
  /** With `gpuModelsOnCpu`, instances that require a GPU run on the CPU here. */
  readonly settings?: Pick<EngineSettings, 'gpuModelsOnCpu'>;
}

/**
 * Finds what Triton ignores or would not load in a model's folder: folders that are not versions, files with a wrong
 * place or name, files that are not models, models that are too new for the release.
 */
export async function findModelNotices(
  model: ModelSnapshot,
  { release = EMULATED_RELEASE, settings }: NoticeOptions = {},
): Promise<readonly ModelNotice[]> {
  const notices = [...folderNotices(model), ...misplacedFiles(model)];
  const definition = await readModelDefinition(path.dirname(model.directory), path.basename(model.directory))
    // The load reports what is wrong with the configuration.
    .catch(() => undefined);
  if (definition?.config.backend !== 'onnxruntime') return notices;
  if (settings?.gpuModelsOnCpu && hasGpuGroups(definition.config)) notices.push(gpuNotice(model));
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
    hint: 'KIND_AUTO uses a GPU if there is one and otherwise the CPU, without --gpu-models-on-cpu',
    file: path.join(directory, 'config.pbtxt'),
  };
}

function* folderNotices({ directory, directories = [] }: ModelSnapshot): Generator<ModelNotice> {
  for (const name of directories.filter((entry) => !entry.includes('/'))) {
    const file = path.join(directory, name);
    const read = readVersionFolder(name);
    if (read.kind === 'ignored') {
      const hint = `name a version by a whole number, such as ${path.join(directory, '1')}, or move the folder elsewhere`;
      yield { message: `${file} is not a version, since it ${read.reason}: Triton ignores it`, hint, file };
    } else if (read.kind === 'version' && read.folder !== name) {
      const message = `${file} is version ${read.version} for Triton, which then looks in ${path.join(directory, read.folder)}`;
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
        message: `${file} is next to the version folders, of which there are none`,
        hint: `move it to ${path.join(directory, '1', 'model.onnx')}`,
        file,
      };
  }
}

/** Reports what is in a version's folder that lacks the model's file. */
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
        message: `${file} belongs to ${framework}, but the model's backend is ${config.backend}: Triton looks for ${wanted}`,
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
      message: `${file}${producer} has ${tooNew.excess.join(' and ')}: Triton ${release} refuses it, since it has ONNX Runtime ${tooNew.onnxRuntime}; here it may load nevertheless`,
      hint: tooNew.remedy,
      file,
    },
  ];
}
