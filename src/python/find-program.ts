import { existsSync } from 'node:fs';
import path from 'node:path';

/** Finds a program on the PATH of `environment`. */
export function findOnPath(
  program: string,
  environment: Readonly<Record<string, string>>,
): string | undefined {
  const name = process.platform === 'win32' ? `${program}.exe` : program;
  const search = environment.PATH ?? environment.Path ?? '';
  const folders = search.split(path.delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}

/** Finds a conda that can create environments: the fastest on PATH, otherwise the one that the shell's setup names. */
export function findConda(environment: Readonly<Record<string, string>>): string | undefined {
  const onPath = ['micromamba', 'mamba', 'conda'].map((name) => findOnPath(name, environment));
  return [...onPath, environment.MAMBA_EXE, environment.CONDA_EXE].find(
    (file) => file !== undefined && file !== '' && existsSync(file),
  );
}
