import { existsSync } from 'node:fs';
import path from 'node:path';

/** The file of a program on the PATH of `environment`; undefined where there is none. */
export function findOnPath(
  program: string,
  environment: Readonly<Record<string, string>>,
): string | undefined {
  const name = process.platform === 'win32' ? `${program}.exe` : program;
  const search = environment.PATH ?? environment.Path ?? '';
  const folders = search.split(path.delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}

/** A conda that can create environments: of those on PATH the quickest, else what the shell's set-up names. */
export function findConda(environment: Readonly<Record<string, string>>): string | undefined {
  const onPath = ['micromamba', 'mamba', 'conda'].map((name) => findOnPath(name, environment));
  return [...onPath, environment.MAMBA_EXE, environment.CONDA_EXE].find(
    (file) => file !== undefined && file !== '' && existsSync(file),
  );
}
