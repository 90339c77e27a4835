import path from 'node:path';
import { entryKind } from '../base/index.ts';
import type { DeploymentFile } from './deployment-file.ts';
import type { ScriptSource } from './project-config.ts';

const CONDA_FILES = [
  'conda.yml',
  'conda.yaml',
  'conda_dependencies.yml',
  'conda_dependencies.yaml',
  'conda_env.yml',
  'conda-env.yml',
  'environment.yml',
  'environment.yaml',
];
const REQUIREMENTS_FILES = ['requirements.txt'];
/** Folders of a project in which samples keep such a file. */
const FOLDERS = ['environment', 'environments', 'env', 'conda'];

export interface DetectedPackages {
  readonly condaFile?: string;
  readonly requirementsFile?: string;
  /** Why this file, where it does not lie in the project's own folder under a usual name. */
  readonly reason?: string;
}

/**
 * Finds the file that says which packages the script needs: what the deployment file names, else one in the project's
 * folder, beside the script, or in a folder for environments. A conda file is what Azure ML takes, so it goes first.
 */
export async function detectPackages(
  directory: string,
  script: ScriptSource | undefined,
  deployment: DeploymentFile | undefined,
): Promise<DetectedPackages> {
  if (deployment?.condaFile !== undefined) {
    const { condaFile } = deployment;
    return { condaFile, reason: `named by ${path.basename(deployment.file)}` };
  }
  const own = script && path.dirname(script.entryScript);
  const folders = [directory, script?.sourceDirectory, own, ...FOLDERS.map((it) => path.join(directory, it))];
  for (const folder of new Set(folders.filter((it) => it !== undefined))) {
    const reason = folder === directory ? {} : { reason: `found in ${path.relative(directory, folder)}` };
    const condaFile = await firstFile(folder, CONDA_FILES);
    if (condaFile !== undefined) return { condaFile, ...reason };
    const requirementsFile = await firstFile(folder, REQUIREMENTS_FILES);
    if (requirementsFile !== undefined) return { requirementsFile, ...reason };
  }
  return {};
}

async function firstFile(folder: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const file = path.join(folder, name);
    if ((await entryKind(file)) === 'file') return file;
  }
  return undefined;
}
