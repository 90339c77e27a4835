import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { hashFile } from '../base/index.ts';

/** Larger files, and files in larger folders, are compared by size and time: reading them would take seconds. */
const MAX_READ_BYTES = 256 * 1024 * 1024;
const MAX_FILES = 20_000;
/** What tools write into a package's folder and no build reads. */
const PASSED_OVER =
  /^(?:\.git|\.hg|\.venv|venv|__pycache__|node_modules|build|dist|\.tox|\.[a-z]+_cache|.*\.egg-info)$/;
const BUILD_FILES = ['pyproject.toml', 'setup.cfg', 'setup.py'];

/** Returns a text that changes with the content of a file or of a folder's files; `missing` if neither exists. */
export async function fingerprint(target: string): Promise<string> {
  const found = await stat(target).catch(() => undefined);
  if (found === undefined) return 'missing';
  const hash = createHash('sha256');
  const budget = { bytes: MAX_READ_BYTES, files: MAX_FILES };
  if (found.isDirectory()) await addFolder(hash, target, '', budget);
  else await addFile(hash, target, path.basename(target), budget);
  return hash.digest('hex');
}

/** The same for the files in a package's folder that define its build. */
export async function fingerprintBuildFiles(folder: string): Promise<string> {
  const found = await Promise.all(BUILD_FILES.map((name) => fingerprint(path.join(folder, name))));
  return found.join(' ');
}

type Hash = ReturnType<typeof createHash>;
type Budget = { bytes: number; files: number };

async function addFolder(hash: Hash, root: string, below: string, budget: Budget): Promise<void> {
  const entries = await readdir(path.join(root, below), { withFileTypes: true }).catch(() => []);
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    if (PASSED_OVER.test(entry.name) || budget.files <= 0) continue;
    const name = path.posix.join(below, entry.name);
    if (entry.isDirectory()) await addFolder(hash, root, name, budget);
    else await addFile(hash, path.join(root, name), name, budget);
  }
}

async function addFile(hash: Hash, file: string, name: string, budget: Budget): Promise<void> {
  budget.files -= 1;
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return;
  budget.bytes -= found.size;
  const content = budget.bytes > 0 ? await hashFile(file) : `${found.size} ${found.mtimeMs}`;
  hash.update(JSON.stringify([name, content]));
}
