import { readdir } from 'node:fs/promises';

/** The names of all files below a folder, but for the file and folder of a workspace; none if it does not exist. */
export async function listFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}
