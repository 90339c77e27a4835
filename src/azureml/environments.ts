import { userError } from '../base/index.ts';
import type { AzureWorkspace, JsonObject } from '../workspace/index.ts';
import type { AssetReference } from './asset-reference.ts';
import { AZUREML_TRITON, curatedEnvironment } from './curated-environments.ts';
import { objectIn, readDocument, textIn } from './document.ts';
import type { Say } from './models.ts';
import { refusal } from './refusal.ts';

/**
 * The environment that is meant: registered here; a curated one, as far as its name says what it holds; or, since one
 * cannot look into the cloud, a clone of the one for Triton. What is not exact is told.
 */
export async function findEnvironment(
  workspace: AzureWorkspace,
  { name, version, registry }: Pick<AssetReference, 'name' | 'version' | 'registry'>,
  say: Say,
): Promise<JsonObject> {
  const { environments } = await workspace.read();
  const found = environments.filter(
    (environment) => environment.name === name && (version === undefined || environment.version === version),
  );
  const latest = found.at(-1);
  const shown = `environment "${name}"${version === undefined ? '' : ` version ${version}`}`;
  if (latest) {
    if (registry !== undefined) say(`${shown} of registry ${registry} is taken for the one registered here`);
    return latest.definition;
  }
  if (name === AZUREML_TRITON.name) return AZUREML_TRITON;
  const curated = curatedEnvironment(name);
  if (curated) {
    say(`${shown} is taken for what its name says, ${curated.contents}: Microsoft's image is not used here`);
    return { ...curated.definition, version: version ?? '1' };
  }
  const where =
    registry === undefined ? 'is not registered here' : `of registry ${registry} cannot be read here`;
  say(`WARNING: ${shown} ${where}; it is taken for a clone of ${AZUREML_TRITON.name}`);
  return { ...AZUREML_TRITON, name, version: version ?? '1' };
}

/** `az ml environment list`: what is registered, and the curated one. */
export async function listEnvironments(workspace: AzureWorkspace): Promise<JsonObject[]> {
  const { environments } = await workspace.read();
  return [...environments.map(({ definition }) => definition), AZUREML_TRITON];
}

/** `az ml environment show`. @throws ENVIRONMENT_NOT_FOUND */
export async function showEnvironment(
  workspace: AzureWorkspace,
  name: string,
  version: string | undefined,
): Promise<JsonObject> {
  const all = await listEnvironments(workspace);
  const fitting = all.filter((it) => it.name === name && (version === undefined || it.version === version));
  const found = fitting.at(-1);
  if (found) return found;
  throw userError('ENVIRONMENT_NOT_FOUND', `No environment with name "${name}" exists in this workspace`, {
    hint: `there are: ${[...new Set(all.map((it) => String(it.name)))].join(', ')}`,
  });
}

/** `az ml environment register`: the definition under its name, as the next version unless it says one. */
export async function registerEnvironment(
  workspace: AzureWorkspace,
  definition: JsonObject,
): Promise<JsonObject> {
  const name = textIn(definition, 'name');
  if (name === undefined) throw refusal('Error, the environment has no name.');
  const { environments } = await workspace.read();
  const versions = environments.filter((it) => it.name === name).map((it) => Number(it.version) || 0);
  const version = textIn(definition, 'version') ?? String(Math.max(0, ...versions) + 1);
  // The file may change or go; what was registered is its content now.
  const python = objectIn(definition, 'python');
  const file = textIn(python, 'condaDependenciesFile');
  const condaDependencies = file === undefined ? undefined : (await readDocument(file, '--conda-file')).value;
  const complete = {
    ...definition,
    name,
    version,
    ...(condaDependencies && { python: { ...python, condaDependenciesFile: null, condaDependencies } }),
  };
  await workspace.putEnvironment({ name, version, definition: complete });
  return complete;
}
