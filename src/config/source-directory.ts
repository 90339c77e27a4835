import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { entryKind, isInside } from '../base/index.ts';

/** Names that samples of v2 give to the folder of `code_configuration.code`. */
const CODE_FOLDERS = new Set(['code', 'onlinescoring']);
const IMPORT = /^[ \t]*(?:from[ \t]+([A-Za-z_][\w.]*)[ \t]+import\b|import[ \t]+([^#\n]+))/gm;

/**
 * The folder that a script was written for, where nobody says it: the project's, as in v1 (`import src.helper`), or the
 * script's own, as in v2 (`import helper`). What the script imports decides, then the folder's name.
 */
export async function detectSourceDirectory(projectDir: string, entryScript: string): Promise<string> {
  const own = path.dirname(entryScript);
  if (own === projectDir || !isInside(projectDir, own)) return projectDir;
  const [top = ''] = path.relative(projectDir, own).split(path.sep);
  const names = importedNames(await readFile(entryScript, 'utf8').catch(() => ''));
  for (const name of names) {
    if (name === top && !CODE_FOLDERS.has(top)) return projectDir;
    if ((await isModule(own, name)) && !(await isModule(projectDir, name))) return own;
  }
  for (const name of names) if (name !== top && (await isModule(projectDir, name))) return projectDir;
  return CODE_FOLDERS.has(top) ? own : projectDir;
}

/** The first parts of what a Python file imports. */
function importedNames(text: string): string[] {
  const named = [...text.matchAll(IMPORT)].flatMap(([, from, list]) =>
    from === undefined ? (list ?? '').split(',').map((part) => part.trim().split(/\s/)[0] ?? '') : [from],
  );
  return [...new Set(named.map((name) => name.split('.')[0] ?? '').filter((name) => name !== ''))];
}

async function isModule(folder: string, name: string): Promise<boolean> {
  if ((await entryKind(path.join(folder, `${name}.py`))) === 'file') return true;
  return (await entryKind(path.join(folder, name))) === 'directory';
}
