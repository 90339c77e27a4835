import { existsSync } from 'node:fs';
import path from 'node:path';

/** What Windows appends to the name of a program if `PATHEXT` is not set. */
const USUAL_ENDINGS = '.COM;.EXE;.BAT;.CMD';

/** Finds a program on the PATH of `environment`. */
export function findOnPath(
  program: string,
  environment: Readonly<Record<string, string>>,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const isWindows = platform === 'win32';
  const endings = isWindows ? (environment.PATHEXT || USUAL_ENDINGS).toLowerCase().split(';') : [''];
  const search = environment.PATH ?? environment.Path ?? '';
  const folders = search.split(isWindows ? ';' : ':').filter((folder) => folder !== '');
  const files = folders.flatMap((folder) => endings.map((ending) => path.join(folder, program + ending)));
  return files.find((file) => existsSync(file));
}

/** Finds a conda that can create environments: the fastest on PATH, otherwise the one that the shell's setup names. */
export function findConda(environment: Readonly<Record<string, string>>): string | undefined {
  const onPath = ['micromamba', 'mamba', 'conda'].map((name) => findOnPath(name, environment));
  return [...onPath, environment.MAMBA_EXE, environment.CONDA_EXE].find(
    (file) => file !== undefined && file !== '' && existsSync(file),
  );
}
