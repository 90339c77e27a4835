import { userError } from '../base/index.ts';
import type { AzureWorkspace, JsonObject } from '../workspace/index.ts';
import { isListed, type ListView } from './asset-lists.ts';
import type { AssetReference } from './asset-reference.ts';
import { AZUREML_TRITON, curatedEnvironment } from './curated-environments.ts';
import { objectIn, readDocument, textIn } from './document.ts';
import type { Notify } from './models.ts';
import { refusal } from './refusal.ts';

/**
 * Finds an environment: one that is registered here; a curated one, as far as its name describes it; or, since the
 * cloud cannot be asked, a clone of the one for Triton. Notifies the user of every approximation.
 */
export async function findEnvironment(
  workspace: AzureWorkspace,
  { name, version, registry }: Pick<AssetReference, 'name' | 'version' | 'registry'>,
  notify: Notify,
): Promise<JsonObject> {
  const state = await workspace.read();
  const found = state.environments.filter(
    (environment) =>
      environment.name === name &&
      (version === undefined
        ? isListed(state, 'environments', environment)
        : environment.version === version),
  );
  const latest = found.at(-1);
  const shown = `environment "${name}"${version === undefined ? '' : ` version ${version}`}`;
  if (latest) {
    if (registry !== undefined)
      notify(`${shown} of registry ${registry} is replaced by the one registered here`);
    return latest.definition;
  }
  if (name === AZUREML_TRITON.name) return AZUREML_TRITON;
  const curated = curatedEnvironment(name);
  if (curated) {
    notify(`${shown} is built from its name (${curated.contents}); Microsoft's image is not used here`);
    return { ...curated.definition, version: version ?? '1' };
  }
  const where =
    registry === undefined ? 'is not registered here' : `of registry ${registry} cannot be read here`;
  notify(`WARNING: ${shown} ${where}; using a clone of ${AZUREML_TRITON.name}`);
  return { ...AZUREML_TRITON, name, version: version ?? '1' };
}

/** `az ml environment list`: the registered environments and the curated one. */
export async function listEnvironments(
  workspace: AzureWorkspace,
  view: ListView = 'ActiveOnly',
): Promise<JsonObject[]> {
  const state = await workspace.read();
  const found = state.environments.filter((environment) =>
    isListed(state, 'environments', environment, view),
  );
  return [...found.map(({ definition }) => definition), ...(view === 'ArchivedOnly' ? [] : [AZUREML_TRITON])];
}

/** `az ml environment show`. @throws ENVIRONMENT_NOT_FOUND */
export async function showEnvironment(
  workspace: AzureWorkspace,
  name: string,
  version: string | undefined,
): Promise<JsonObject> {
  const { environments } = await workspace.read();
  // A version finds its environment even if no list shows it.
  const exact = environments.find((it) => it.name === name && it.version === version);
  if (exact) return exact.definition;
  const all = await listEnvironments(workspace);
  const fitting = all.filter((it) => it.name === name && (version === undefined || it.version === version));
  const found = fitting.at(-1);
  if (found) return found;
  throw userError('ENVIRONMENT_NOT_FOUND', `No environment with name "${name}" exists in this workspace`, {
    hint: `available: ${[...new Set(all.map((it) => String(it.name)))].join(', ')}`,
  });
}

/** `az ml environment register`: stores the definition as the next version, unless it names one. */
export async function registerEnvironment(
  workspace: AzureWorkspace,
  definition: JsonObject,
): Promise<JsonObject> {
  const name = textIn(definition, 'name');
  if (name === undefined) throw refusal('Error, the environment has no name.');
  const { environments } = await workspace.read();
  const versions = environments.filter((it) => it.name === name).map((it) => Number(it.version) || 0);
  const version = textIn(definition, 'version') ?? String(Math.max(0, ...versions) + 1);
  // The file may change or disappear later; its present content is registered.
  const python = objectIn(definition, 'python');
  const file = textIn(python, 'condaDependenciesFile');
  const condaDependencies = file === undefined ? undefined : (await readDocument(file, '--conda-file')).value;
  const complete = {
    ...definition,
    name,
    version,
    ...(condaDependencies && { python: { ...python, condaDependenciesFile: null, condaDependencies } }),
  };
  const createdTime = new Date().toISOString();
  await workspace.putEnvironment({ name, version, definition: complete, createdTime });
  return complete;
}
