import { whyNotStorable } from '../../workspace/index.ts';
import { StorageError } from './storage-error.ts';

const MAX_NAME_CHARACTERS = 1_024;

/** The containers of the workspace's datastores. */
export const DATASTORE_CONTAINERS: ReadonlyMap<string, string> = new Map([
  ['workspaceblobstore', 'azureml-blobstore'],
  ['workspaceartifactstore', 'azureml'],
]);

/** Where the content of registered models and code can be read: `models/HASH/ENTRY`, `codes/HASH/ENTRY`. */
export const CONTENT_CONTAINER = 'azureml-blobstore';

/** The container of one upload that was announced by `startPendingUpload`. */
const PENDING = /^upload-[0-9a-f]{32}$/;

export const isPendingContainer = (container: string) => PENDING.test(container);

/** Where a blob is: container and name. */
export interface BlobAddress {
  readonly container: string;
  /** With slashes. */
  readonly name: string;
}

/**
 * Checks the name of a blob. Names are never paths on disk here, but those of models and code will be: what cannot be
 * one anywhere is refused before it is uploaded.
 * @throws StorageError 400
 */
export function checkBlobName(name: string): string {
  if (name.length > MAX_NAME_CHARACTERS) {
    throw new StorageError(
      400,
      'OutOfRangeInput',
      `The blob name has ${name.length} characters; at most ${MAX_NAME_CHARACTERS} are allowed.`,
    );
  }
  const why = whyNotStorable(name, 'linux');
  if (why === undefined) return name;
  throw new StorageError(
    400,
    'InvalidResourceName',
    `The blob name ${JSON.stringify(name)} is refused: ${why}.`,
  );
}

/**
 * What is uploaded, kept and pruned together: `LocalUpload/HASH` of a datastore's container, or a whole container made
 * by `startPendingUpload`. A prefix that may belong to several is undefined.
 */
export function uploadOf(container: string, nameOrPrefix: string): string | undefined {
  if (isPendingContainer(container)) return container;
  const parts = nameOrPrefix.split('/');
  return parts.length < 3 ? undefined : [container, parts[0], parts[1]].join('/');
}
