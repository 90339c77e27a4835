import type { AssetMarks, AzureState, AzureWorkspace } from '../workspace/index.ts';

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

/** Archives or restores all versions of a name. */
export function archiveName(
  workspace: AzureWorkspace,
  kind: AssetKind,
  name: string,
  archived: boolean,
): Promise<void> {
  return workspace.archiveName(`${kind}/${name}`, archived);
}
