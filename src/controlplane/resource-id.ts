/** The path of a workspace. Any subscription, group and name are accepted: they all mean the one workspace here. */
export const WORKSPACE_PATH =
  '/subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.MachineLearningServices/workspaces/:workspace';

/** The parameters that every route below a workspace has, decoded. */
export interface WorkspaceParams {
  readonly subscription: string;
  readonly group: string;
  readonly workspace: string;
}

/** The id of a workspace, or of a resource in it: `resourceId(params, 'models', 'digits', 'versions', '1')`. */
export function resourceId(params: WorkspaceParams, ...segments: readonly string[]): string {
  const { subscription, group, workspace } = params;
  const path = `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.MachineLearningServices/workspaces/${workspace}`;
  return [path, ...segments].join('/');
}

/** Name and version in the id of an asset: `…/models/digits/versions/1`; undefined if it is not one of that kind. */
export function assetOf(
  id: string,
  kind: 'codes' | 'environments' | 'models',
): { readonly name: string; readonly version: string } | undefined {
  const pattern = new RegExp(`^/subscriptions/.+/workspaces/[^/]+/${kind}/([^/]+)/versions/([^/]+)/?$`, 'i');
  const [, name, version] = pattern.exec(id) ?? [];
  return name === undefined || version === undefined ? undefined : { name, version };
}
