import { ArmError } from '../arm-error.ts';
import { type BlobAddress, CONTENT_CONTAINER, DATASTORE_CONTAINERS } from '../blob/blob-name.ts';
import { ACCOUNT_PATH } from '../blob/blob-routes.ts';
import type { WorkspaceParams } from '../resource-id.ts';

/** The datastore through which registered content is read. */
const CONTENT_DATASTORE = 'workspaceblobstore';
const IN_DATASTORE = /^azureml:\/\/(?:subscriptions\/.*\/)?datastores\/([^/]+)\/paths\/(.+)$/is;

/** What is registered, as `models/HASH/ENTRY`. */
export interface ContentAddress {
  readonly content: string;
  readonly entry: string;
}

/** The `modelUri` of a registered model. Its content is read there, wherever it came from. */
export function datastoreUri(
  { subscription, group, workspace }: WorkspaceParams,
  { content, entry }: ContentAddress,
): string {
  const place = `subscriptions/${subscription}/resourcegroups/${group}/workspaces/${workspace}`;
  return `azureml://${place}/datastores/${CONTENT_DATASTORE}/paths/models/${content}/${entry}`;
}

/** The URL of registered code or of a build context. */
export function blobUri(origin: string, { content, entry }: ContentAddress): string {
  const name = ['codes', content, entry].map(encodeURIComponent).join('/');
  return `${origin}${ACCOUNT_PATH}/${CONTENT_CONTAINER}/${name}`;
}

/**
 * Where a URI points to: `azureml://.../datastores/NAME/paths/PATH` or the `https` URL of a blob or folder.
 * @param what the property, for errors
 * @throws ArmError 400 for what is not in this workspace's own storage
 */
export function parseAssetUri(uri: string, what: string): BlobAddress {
  const address = inDatastore(uri, what) ?? asUrl(uri);
  if (address) return address;
  throw new ArmError(
    400,
    'NotSupported',
    `${what} ${JSON.stringify(uri.slice(0, 500))} is not in the storage of this workspace: outputs of jobs, registries and other storage accounts need Azure's own services. Give a file or folder of this machine as path.`,
  );
}

function inDatastore(uri: string, what: string): BlobAddress | undefined {
  const [, datastore, path] = IN_DATASTORE.exec(uri) ?? [];
  if (datastore === undefined || path === undefined) return undefined;
  const container = DATASTORE_CONTAINERS.get(datastore.toLowerCase());
  if (container !== undefined) return { container, name: withoutSlashes(path) };
  throw new ArmError(
    400,
    'NotSupported',
    `${what} names the datastore ${datastore}, which is not here: this workspace has ${[...DATASTORE_CONTAINERS.keys()].join(' and ')}.`,
  );
}

/** The URL of a blob of this server, or of one that ran before it on another port. */
function asUrl(uri: string): BlobAddress | undefined {
  const url = /^https:\/\//i.test(uri) && URL.canParse(uri) ? new URL(uri) : undefined;
  if (!url || !/^(?:127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname)) return undefined;
  const [, account, container, ...rest] = url.pathname.split('/');
  if (`/${account}` !== ACCOUNT_PATH || container === undefined) return undefined;
  try {
    return { container, name: withoutSlashes(decodeURIComponent(rest.join('/'))) };
  } catch {
    return undefined;
  }
}

const withoutSlashes = (path: string) => path.replace(/^\/+|\/+$/g, '');

/** Whether two URIs name the same: the subscription, group, workspace and port in them may be any. */
export function isSameUri(one: string, other: string): boolean {
  return placeOf(one) === placeOf(other);
}

function placeOf(uri: string): string {
  return withoutSlashes(uri.replace(/^azureml:\/\/.*?(?=datastores\/)|^https:\/\/[^/]*/is, ''));
}
