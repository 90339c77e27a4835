import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { entryKind } from '../base/index.ts';
import type { ModelSource } from './project-config.ts';

/** Folders below DIR that hold a model repository by Azure ML's conventions (azureml.md section 0.1). */
const REPOSITORY_PLACES = ['models/triton', 'triton'];
const SCRIPT_PLACES = ['score.py', 'src/score.py', 'code/score.py', 'onlinescoring/score.py'];

/** What was looked for, for the message when nothing was found. */
export const LOOKED_FOR =
  'a model repository (models/triton, triton, models or the folder itself: MODEL/config.pbtxt or MODEL/1/model.onnx), one .onnx file, or an entry script (score.py)';

/** Finds the models of a project folder; undefined where it has none. */
export async function detectModels(directory: string): Promise<ModelSource | undefined> {
  for (const place of REPOSITORY_PLACES) {
    const found = path.join(directory, place);
    if ((await entryKind(found)) === 'directory') return { kind: 'repository', directory: found };
  }
  if (path.basename(directory) === 'triton' || (await looksLikeRepository(directory))) {
    return { kind: 'repository', directory };
  }
  const models = path.join(directory, 'models');
  if (await looksLikeRepository(models)) return { kind: 'repository', directory: models };
  const onnxFiles = (await readdir(directory)).filter((name) => name.endsWith('.onnx'));
  const [only] = onnxFiles;
  return only && onnxFiles.length === 1 ? onnxFile(path.join(directory, only)) : undefined;
}

/** One `.onnx` file as the model of its own name. */
export function onnxFile(file: string): ModelSource {
  return { kind: 'onnx-file', file, model: path.basename(file, '.onnx') };
}

/** A folder is a repository when a folder in it holds a config.pbtxt or a numeric version with something in it. */
async function looksLikeRepository(directory: string): Promise<boolean> {
  for (const name of await subdirectories(directory)) {
    const model = path.join(directory, name);
    if ((await entryKind(path.join(model, 'config.pbtxt'))) === 'file') return true;
    for (const version of await subdirectories(model)) {
      if (/^\d+$/.test(version) && (await readdir(path.join(model, version))).length > 0) return true;
    }
  }
  return false;
}

async function subdirectories(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isSymbolicLink()))
    .map((entry) => entry.name);
}

/** Finds the entry script: a known place, or the only Python file of the folder that defines init() and run(). */
export async function detectEntryScript(directory: string): Promise<string | undefined> {
  for (const place of SCRIPT_PLACES) {
    const found = path.join(directory, place);
    if ((await entryKind(found)) === 'file') return found;
  }
  const scripts: string[] = [];
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.py')) continue;
    const text = await readFile(path.join(directory, name), 'utf8').catch(() => '');
    if (/^(async )?def init\(/m.test(text) && /^(async )?def run\(/m.test(text)) scripts.push(name);
  }
  const [only] = scripts;
  return only && scripts.length === 1 ? path.join(directory, only) : undefined;
}
