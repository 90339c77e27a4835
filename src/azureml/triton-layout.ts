import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { entryKind } from '../base/index.ts';

/** Where a registered entry contains a Triton model repository. */
export interface TritonLayout {
  /** Absolute path of the repository. */
  readonly repository: string;
  /**
   * `parent`: the entry contains the folder `triton`, as Azure ML v1 requires. `itself`: the entry is that folder.
   * `bare`: the models are directly in the entry, as v2 requires.
   */
  readonly form: 'parent' | 'itself' | 'bare';
}

/**
 * Finds the model repository in a registered file or folder; undefined if there is none
 * (docs/reference/azureml.md#model-repository-layout).
 */
export async function findTritonLayout(entry: string): Promise<TritonLayout | undefined> {
  if ((await entryKind(entry)) !== 'directory') return undefined;
  const inner = path.join(entry, 'triton');
  // A model may also be called "triton".
  if ((await entryKind(inner)) === 'directory' && !(await isTritonModel(inner)))
    return { repository: inner, form: 'parent' };
  if (path.basename(entry) === 'triton') return { repository: entry, form: 'itself' };
  return (await holdsModels(entry)) ? { repository: entry, form: 'bare' } : undefined;
}

/** Faults that the cloud reports only when the container starts, one sentence each. `entry` is the copy's path. */
export async function layoutWarnings(entry: string, layout: TritonLayout | undefined): Promise<string[]> {
  const name = path.basename(entry);
  if (!layout) {
    return [
      `"${name}" holds no folder "triton" with models: a no-code deployment of it fails in the cloud; register the parent of the folder "triton"`,
    ];
  }
  const warnings: string[] = [];
  if (layout.form === 'itself') {
    warnings.push(
      `the folder "triton" itself is registered: the cloud looks for ${name}/triton and fails with "failed to stat file .../triton/triton"; register its parent`,
    );
  }
  if (layout.form === 'bare') {
    warnings.push(
      `the models are directly in "${name}", as v2 expects; v1 looks for the folder "triton" in it`,
    );
  }
  for (const model of await folders(layout.repository)) {
    const directory = path.join(layout.repository, model);
    if ((await folders(directory)).some((version) => /^[1-9]\d*$/.test(version))) continue;
    warnings.push(`model "${model}" has no version folder such as ${model}/1`);
  }
  return warnings;
}

async function holdsModels(directory: string): Promise<boolean> {
  for (const name of await folders(directory))
    if (await isTritonModel(path.join(directory, name))) return true;
  return false;
}

/** Whether the folder is a model of a repository itself: it has a configuration or a version. */
export async function isTritonModel(directory: string): Promise<boolean> {
  if ((await entryKind(directory)) !== 'directory') return false;
  if ((await entryKind(path.join(directory, 'config.pbtxt'))) === 'file') return true;
  return (await folders(directory)).some((name) => /^[1-9]\d*$/.test(name));
}

async function folders(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name);
}
