import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { entryKind } from '../base/index.ts';

/** What never holds a project's models: dependencies, caches, tests. */
const PASSED_OVER =
  /^(?:\..*|__pycache__|node_modules|site-packages|v?env|dist|build|tests?|testdata|fixtures|docs?)$/;
/** Folders that are looked into for a repository one level further down. */
const DEPLOYMENT = /triton|model|repo|deploy|serv|infer|onnx/i;
const MODEL_FILE = /^model\.|\.(?:onnx|plan|engine|pt|savedmodel|graphdef)$/;
/** No project needs more; a folder of data may hold millions. */
const MOST_LOOKED_AT = 200;

/** A folder is a repository when a folder in it holds a config.pbtxt or a numeric version with something in it. */
export async function looksLikeRepository(directory: string): Promise<boolean> {
  return holdsModel(directory, () => true);
}

/** Model repositories one level down, and two in folders that are named like a deployment; in order. */
export async function findRepositories(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await subdirectories(directory)) {
    const place = path.join(directory, name);
    // Numbered folders alone may be any data: here a version must hold a model file.
    if (await holdsModel(place, (file) => MODEL_FILE.test(file))) found.push(place);
    else if (DEPLOYMENT.test(name)) {
      for (const inner of await subdirectories(place)) {
        const below = path.join(place, inner);
        if (await holdsModel(below, (file) => MODEL_FILE.test(file))) found.push(below);
      }
    }
  }
  return found;
}

/** How far down, and in how many folders, a repository is looked for that is nowhere near the project's top. */
const DEEPEST = 4;
const MOST_SEARCHED = 1_000;

/** The first model repository below a folder, wherever it is; only for a hint. */
export async function findDeepRepository(directory: string): Promise<string | undefined> {
  let level = [directory];
  let searched = 0;
  for (let depth = 0; depth < DEEPEST; depth += 1) {
    const next: string[] = [];
    for (const folder of level) {
      for (const name of await subdirectories(folder)) {
        searched += 1;
        if (searched > MOST_SEARCHED) return undefined;
        const place = path.join(folder, name);
        if (await holdsModel(place, (file) => MODEL_FILE.test(file))) return place;
        next.push(place);
      }
    }
    level = next;
  }
  return undefined;
}

async function holdsModel(directory: string, isModelFile: (name: string) => boolean): Promise<boolean> {
  for (const name of await subdirectories(directory)) {
    const model = path.join(directory, name);
    if ((await entryKind(path.join(model, 'config.pbtxt'))) === 'file') return true;
    for (const version of await subdirectories(model)) {
      if (!/^\d+$/.test(version)) continue;
      if ((await readdir(path.join(model, version)).catch(() => [])).some(isModelFile)) return true;
    }
  }
  return false;
}

/** Folders in a folder that may hold models, links followed, in order. */
export async function subdirectories(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map((entry) => entry.name)
    .filter((name) => !PASSED_OVER.test(name))
    .sort()
    .slice(0, MOST_LOOKED_AT);
}
