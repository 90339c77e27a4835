import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { entryKind, type TritonLocalError, userError } from '../base/index.ts';
import {
  findDeepRepository,
  findRepositories,
  looksLikeRepository,
  subdirectories,
} from './detect-repository.ts';
import type { ModelSource } from './project-config.ts';

/** Folders below DIR that contain a model repository by Azure ML's conventions. */
const REPOSITORY_PLACES = ['models/triton', 'triton'];
/** Folders in which a single `.onnx` file is the model. */
const MODEL_FOLDERS = ['', 'models', 'model', 'onnx', 'weights'];
const SCRIPT_PLACES = ['score.py', 'src/score.py', 'code/score.py', 'onlinescoring/score.py'];

/** What is searched for, for the message when nothing is found. */
const LOOKED_FOR =
  'a model repository (models/triton, triton, models, the folder itself or one folder in it: MODEL/config.pbtxt or MODEL/1/model.onnx), one .onnx file, or an entry script (score.py)';

/** Finds the models of a project folder; undefined if it has none, or if several candidates make the choice ambiguous. */
export async function detectModels(directory: string): Promise<ModelSource | undefined> {
  for (const place of REPOSITORY_PLACES) {
    const found = path.join(directory, place);
    if ((await entryKind(found)) !== 'directory') continue;
    // The folder may contain the repository one level down, beside other files of the deployment.
    const [inner, ...others] = (await looksLikeRepository(found)) ? [] : await findRepositories(found);
    return { kind: 'repository', directory: others.length === 0 ? (inner ?? found) : found };
  }
  if (path.basename(directory) === 'triton' || (await looksLikeRepository(directory))) {
    return { kind: 'repository', directory };
  }
  const models = path.join(directory, 'models');
  if (await looksLikeRepository(models)) return { kind: 'repository', directory: models };
  const [repository, ...others] = await findRepositories(directory);
  if (repository !== undefined) {
    return others.length === 0 ? { kind: 'repository', directory: repository } : undefined;
  }
  const [file, ...more] = await findOnnxFiles(directory);
  return file !== undefined && more.length === 0 ? onnxFile(file) : undefined;
}

/** A single `.onnx` file as a model named after it. */
export function onnxFile(file: string): ModelSource {
  return { kind: 'onnx-file', file, model: path.basename(file, '.onnx') };
}

async function findOnnxFiles(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of MODEL_FOLDERS) {
    const place = path.join(directory, folder);
    for (const name of await readdir(place).catch(() => []))
      if (name.endsWith('.onnx')) found.push(path.join(place, name));
  }
  return found.sort();
}

/** Finds the entry script: in a known place, or the only Python file of the folder that defines init() and run(). */
export async function detectEntryScript(directory: string): Promise<string | undefined> {
  for (const place of SCRIPT_PLACES) {
    const found = path.join(directory, place);
    if ((await entryKind(found)) === 'file') return found;
  }
  const [only, ...others] = await findScripts(directory);
  return others.length === 0 ? only : undefined;
}

/** A warning if several files could be the entry script and none is chosen; otherwise empty. */
export async function warnOfAmbiguousScripts(directory: string): Promise<readonly string[]> {
  const [first, ...others] = await findScripts(directory);
  if (first === undefined || others.length === 0) return [];
  const names = [first, ...others].map((file) => path.relative(directory, file));
  return [
    `served without an entry script: several files define init() and run() (${names.join(', ')}); choose one: --entry-script ${names[0]}`,
  ];
}

/** The Python files of the folder that define both functions of an entry script. */
async function findScripts(directory: string): Promise<string[]> {
  const scripts: string[] = [];
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.py')) continue;
    const text = await readFile(path.join(directory, name), 'utf8').catch(() => '');
    if (/^(async )?def init\(/m.test(text) && /^(async )?def run\(/m.test(text)) scripts.push(name);
  }
  return scripts.sort().map((name) => path.join(directory, name));
}

/** The error for a folder that cannot be served: what in it comes close, and the flag or change that helps. */
export async function describeEmptyProject(directory: string): Promise<TritonLocalError> {
  const empty = (found: string, hint: string) =>
    userError('PROJECT_EMPTY', `${directory} has neither models nor an entry script${found}`, { hint });
  const shown = (files: readonly string[]) => files.map((file) => path.relative(directory, file)).join(', ');

  const repositories = await findRepositories(directory);
  const [repository] = repositories;
  if (repository !== undefined)
    return empty(
      `, because the choice is ambiguous: it has several model repositories (${shown(repositories)})`,
      `choose one: --models ${path.relative(directory, repository)}`,
    );
  const scripts = await findScripts(directory);
  const [script] = scripts;
  if (script !== undefined)
    return empty(
      `, because the choice is ambiguous: several files define init() and run() (${shown(scripts)})`,
      `choose one: --entry-script ${path.relative(directory, script)}`,
    );
  const files = await findOnnxFiles(directory);
  const [file] = files;
  if (file !== undefined)
    return empty(
      `, because the choice is ambiguous: it has several .onnx files (${shown(files)})`,
      `serve one: --models ${path.relative(directory, file)}; to serve all, put each into its own folder: ${path.basename(file, '.onnx')}/1/model.onnx`,
    );
  const misplaced = await findMisplacedModel(directory);
  if (misplaced !== undefined) {
    const { folder, name } = misplaced;
    const target = `${folder}/1/${name.endsWith('.onnx') ? 'model.onnx' : name}`;
    return empty(
      `: ${folder}/${name} is not in a version folder`,
      `move it to ${target}${name.endsWith('.onnx') ? `, or serve it alone: --models ${folder}/${name}` : ''}`,
    );
  }
  if ((await entryKind(path.join(directory, 'MLmodel'))) === 'file')
    return empty(
      ': it is an MLflow model, which the cloud serves without code and triton-local does not',
      'write a score.py whose init() loads it with mlflow.pyfunc.load_model and whose run() calls predict() (docs/python.md shows one)',
    );
  const deep = await findDeepRepository(directory);
  if (deep !== undefined)
    return empty(
      ' where they are looked for',
      `there is a model repository further down: --models ${path.relative(directory, deep)}`,
    );
  return empty('', `looked for ${LOOKED_FOR}`);
}

/** Finds a model file that is directly in its model's folder instead of in a version folder. */
async function findMisplacedModel(
  directory: string,
): Promise<{ readonly folder: string; readonly name: string } | undefined> {
  for (const root of ['', ...(await subdirectories(directory))]) {
    for (const model of await subdirectories(path.join(directory, root))) {
      const files = await readdir(path.join(directory, root, model)).catch(() => []);
      const name = files.find((it) => it.endsWith('.onnx') || it === 'model.py' || it === 'model.plan');
      if (name !== undefined) return { folder: root === '' ? model : `${root}/${model}`, name };
    }
  }
  return undefined;
}
