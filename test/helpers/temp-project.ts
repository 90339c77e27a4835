import { cp, mkdtemp, realpath, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url));

export const digitsSample = path.join(repositoryRoot, 'sample-models/digits');

/** A folder of its own, removed when disposed of. */
export class TempFolder implements AsyncDisposable {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(name = 'triton-local-test-'): Promise<TempFolder> {
    return new TempFolder(await realpath(await mkdtemp(path.join(os.tmpdir(), name))));
  }

  /** A copy of a project, to be edited at will. */
  static async copyOf(project: string): Promise<TempFolder> {
    const folder = await TempFolder.create();
    await cp(project, folder.directory, {
      recursive: true,
      filter: (from) => !/__pycache__|\.pyc$/.test(from),
    });
    return folder;
  }

  path(...parts: string[]): string {
    return path.join(this.directory, ...parts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
