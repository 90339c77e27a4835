import { userError } from '../base/index.ts';
import type { AssetMarks, AzureState, AzureWorkspace } from '../workspace/index.ts';
import { refusal } from './refusal.ts';

/** The assets that have names with versions, and lists. */
export type AssetKind = 'models' | 'environments' | 'data';

/** Which assets a list shows; `listViewType` in Azure's REST API. */
export type ListView = 'ActiveOnly' | 'ArchivedOnly' | 'All';

/** Whether a list shows an asset: never an anonymous one; an archived one if the view says so. */
export function isListed(
  state: AzureState,
  kind: AssetKind,
  asset: AssetMarks & { readonly name: string },
  view: ListView = 'ActiveOnly',
): boolean {
  if (asset.isAnonymous) return false;
  return view === 'All' || isArchived(state, kind, asset) === (view === 'ArchivedOnly');
}

/** Whether an asset is archived: by itself, or with all versions of its name. */
export function isArchived(
  state: AzureState,
  kind: AssetKind,
  asset: AssetMarks & { readonly name: string },
): boolean {
  return asset.isArchived === true || isNameArchived(state, kind, asset.name);
}

export function isNameArchived({ archivedNames }: AzureState, kind: AssetKind, name: string): boolean {
  return archivedNames.includes(`${kind}/${name}`);
}

/**
 * `az ml model archive` and `restore`, and those of environments.
 * @param version undefined for all versions of the name
 * @throws MODEL_NOT_FOUND, ENVIRONMENT_NOT_FOUND; AZUREML_REFUSED if one version of an archived name is to be restored
 */
export async function archiveAsset(
  workspace: AzureWorkspace,
  kind: 'models' | 'environments',
  name: string,
  version: string | undefined,
  archived: boolean,
): Promise<void> {
  const state = await workspace.read();
  const found = state[kind].some(
    (it) => it.name === name && (version === undefined ? !it.isAnonymous : String(it.version) === version),
  );
  if (!found) throw assetNotFound(kind, version === undefined ? name : `${name}:${version}`);
  if (version === undefined) return archiveName(workspace, kind, name, archived);
  if (!archived) requireNameRestored(state, kind, name);
  await workspace.markVersion(kind, name, version, { isArchived: archived });
}

/** Archives or restores all versions of a name. */
export function archiveName(
  workspace: AzureWorkspace,
  kind: AssetKind,
  name: string,
  archived: boolean,
): Promise<void> {
  return workspace.archiveName(`${kind}/${name}`, archived);
}

/** @throws AZUREML_REFUSED: while a name is archived, its versions are, too. */
export function requireNameRestored(state: AzureState, kind: AssetKind, name: string): void {
  if (isNameArchived(state, kind, name))
    throw refusal(`All versions of ${name} are archived: restore ${name} without a version first.`);
}

function assetNotFound(kind: 'models' | 'environments', what: string): Error {
  return kind === 'models'
    ? userError('MODEL_NOT_FOUND', `ModelNotFound: Model ${what} not found in provided workspace`)
    : userError('ENVIRONMENT_NOT_FOUND', `No environment ${what} exists in this workspace`);
}
