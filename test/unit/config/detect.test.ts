import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  describeDoubtfulScripts,
  describeEmptyProject,
  detectEntryScript,
  detectModels,
} from '../../../src/config/detect.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'tl-detect-'));
});
afterEach(() => rm(root, { recursive: true }));

const SCRIPT = 'def init():\n    pass\n\ndef run(data):\n    return data\n';

async function lay(...files: readonly string[]): Promise<void> {
  for (const file of files) {
    const target = path.join(root, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, file.endsWith('.py') ? SCRIPT : 'x');
  }
}

/** Layouts of public repositories: their folders, and where their models are. */
const LAYOUTS: readonly (readonly [name: string, files: readonly string[], models: string | undefined])[] = [
  [
    'Azure, no-code',
    ['models/triton/densenet/config.pbtxt', 'models/triton/densenet/1/model.onnx'],
    'models/triton',
  ],
  [
    'Azure, the repository below the deployment',
    ['single-model/create.yml', 'models/triton/m/1/model.onnx'],
    'models/triton',
  ],
  ['Azure, registered folder', ['triton/m/1/model.onnx', 'deployment.yml'], 'triton'],
  [
    'Triton quick start',
    ['model_repository/densenet_onnx/config.pbtxt', 'fetch_models.sh'],
    'model_repository',
  ],
  [
    'Triton tutorial',
    ['model_repository/text_detection/1/model.onnx', 'client.py', 'utils/model.py', 'README.md'],
    'model_repository',
  ],
  [
    'Triton tutorial, ensemble',
    ['model_repository/ensemble_model/config.pbtxt', 'model_repository/a/1/model.py', 'start.sh'],
    'model_repository',
  ],
  [
    'detector with clients',
    ['clients/python/client.py', 'triton-deploy/models/yolo/1/model.plan', 'triton-deploy/plugins/x.so'],
    'triton-deploy/models',
  ],
  ['deploy folder', ['deploy/triton/resnet/1/model.onnx', 'train.py', 'data/train/0/a.png'], 'deploy/triton'],
  [
    'language model',
    ['model_repository/bert/config.pbtxt', 'notebooks/export.ipynb', 'venv/lib/a/1/model.py'],
    'model_repository',
  ],
  ['the repository itself', ['resnet/config.pbtxt', 'resnet/1/model.onnx', 'README.md'], '.'],
  ['the repository itself with a cache', ['__pycache__/1/model.pyc', 'resnet/1/model.onnx'], '.'],
  ['models without triton', ['models/m/1/model.onnx', 'app.py'], 'models'],
  ['serving folder', ['serving/repo/m/1/model.pt', 'setup.cfg'], 'serving/repo'],
  [
    'files of the deployment in triton/',
    ['triton/Dockerfile', 'triton/model_repository/m/1/model.onnx'],
    'triton/model_repository',
  ],
  [
    'tests have a repository too',
    ['model_repo/m/1/model.onnx', 'tests/model_repo/t/1/model.onnx'],
    'model_repo',
  ],
  ['repository with another name', ['my-things/m/config.pbtxt', 'docs/m/config.pbtxt'], 'my-things'],
  ['one exported file', ['model.onnx', 'export.py'], 'model.onnx'],
  ['one exported file in models/', ['models/resnet50.onnx', 'main.go'], 'models/resnet50.onnx'],
  ['image data is no repository', ['data/train/0/a.png', 'data/train/1/b.png', 'score.py'], undefined],
  ['two repositories', ['cpu/m/config.pbtxt', 'gpu/m/config.pbtxt'], undefined],
  ['two files', ['a.onnx', 'b.onnx'], undefined],
];

describe('the models of a project', () => {
  it.each(LAYOUTS)('%s', async (_name, files, models) => {
    await lay(...files);
    const found = await detectModels(root);
    const place = found && (found.kind === 'repository' ? found.directory : found.file);
    expect(place && (path.relative(root, place) || '.')).toBe(models && path.normalize(models));
  });
});

describe('what cannot be chosen without a doubt', () => {
  it.each([
    [
      'two scripts',
      ['a.py', 'b.py'],
      'several files define init() and run() (a.py, b.py)',
      '--entry-script a.py',
    ],
    ['two .onnx files', ['a.onnx', 'b.onnx'], 'several .onnx files (a.onnx, b.onnx)', '--models a.onnx'],
    ['two repositories', ['cpu/m/config.pbtxt', 'gpu/m/config.pbtxt'], '(cpu, gpu)', '--models cpu'],
    [
      'no version folder',
      ['m/model.onnx'],
      'm/model.onnx lies in no version folder',
      'move it to m/1/model.onnx',
    ],
    [
      'no version folder in a repository',
      ['repo/m/weights.onnx'],
      'repo/m/weights.onnx',
      'repo/m/1/model.onnx',
    ],
    ['a Python model without one', ['m/model.py'], 'm/model.py lies in no version folder', 'm/1/model.py'],
    ['an MLflow model', ['MLmodel', 'conda.yaml'], 'is an MLflow model', 'mlflow.pyfunc.load_model'],
    [
      'a repository further down',
      ['modèles/triton/m/1/model.onnx'],
      'where they are looked for',
      `--models ${path.join('modèles', 'triton')}`,
    ],
    ['nothing', ['README.md'], 'holds neither models nor an entry script', 'looked for a model repository'],
  ])('%s: names what was found and what settles it', async (_name, files, message, hint) => {
    await lay(...files);
    expect(await detectModels(root)).toBeUndefined();
    const error = await describeEmptyProject(root);
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
    expect(error.code).toBe('PROJECT_EMPTY');
  });

  it('two scripts beside models are warned of, one is not', async () => {
    await lay('a.py');
    expect(await describeDoubtfulScripts(root)).toEqual([]);
    await lay('a.py', 'b.py', 'models/triton/m/1/model.onnx');
    expect(await describeDoubtfulScripts(root)).toEqual([
      'served without an entry script: several files define init() and run() (a.py, b.py); choose one: --entry-script a.py',
    ]);
  });

  it('two scripts are no entry script', async () => {
    await lay('a.py', 'b.py');
    expect(await detectEntryScript(root)).toBeUndefined();
  });
});
