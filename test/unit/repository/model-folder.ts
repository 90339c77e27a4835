import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface TestRepository extends AsyncDisposable {
  readonly directory: string;
  /** Writes files (text by path below the repository; a path that ends in `/` is an empty folder). */
  write(files: Readonly<Record<string, string>>): Promise<void>;
}

/** A model repository in a folder of its own, whose parent is its own too. */
export async function createRepository(
  files: Readonly<Record<string, string>> = {},
): Promise<TestRepository> {
  const parent = await mkdtemp(path.join(tmpdir(), 'triton-local-repository-'));
  const directory = path.join(parent, 'models');
  const repository: TestRepository = {
    directory,
    async write(contents) {
      for (const [name, content] of Object.entries(contents)) {
        const target = path.join(directory, name);
        if (name.endsWith('/')) await mkdir(target, { recursive: true });
        else {
          await mkdir(path.dirname(target), { recursive: true });
          await writeFile(target, content);
        }
      }
    },
    [Symbol.asyncDispose]: () => rm(parent, { recursive: true, force: true }),
  };
  await mkdir(directory);
  await repository.write(files);
  return repository;
}
