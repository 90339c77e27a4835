import { existsSync } from 'node:fs';
import path from 'node:path';

/** What Windows appends to the name of a program where `PATHEXT` is not set. */
const USUAL_ENDINGS = '.COM;.EXE;.BAT;.CMD';

/** The file of a program on the PATH of `environment`; undefined where there is none. */
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

/** A conda that can create environments: of those on PATH the quickest, else what the shell's set-up names. */
export function findConda(environment: Readonly<Record<string, string>>): string | undefined {
  const onPath = ['micromamba', 'mamba', 'conda'].map((name) => findOnPath(name, environment));
  return [...onPath, environment.MAMBA_EXE, environment.CONDA_EXE].find(
    (file) => file !== undefined && file !== '' && existsSync(file),
  );
}
