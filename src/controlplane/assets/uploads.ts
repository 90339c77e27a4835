import type { Upload } from '../../azureml/index.ts';
import { ArmError } from '../arm-error.ts';
import { checkBlobName } from '../blob/blob-name.ts';
import type { Blobs } from '../blob/blobs.ts';
import { StorageError } from '../blob/storage-error.ts';
import { parseAssetUri } from './asset-uri.ts';

/**
 * The files at the URI of an asset, as one file or folder.
 * @param what the property, for errors
 * @throws ArmError 400 if nothing was uploaded there
 */
export async function uploadAt(blobs: Blobs, uri: string, what: string): Promise<Upload> {
  const address = parseAssetUri(uri, what);
  const { container, name } = address;
  try {
    checkBlobName(name);
    await blobs.uploads.requireContainer(container);
  } catch (error) {
    if (error instanceof StorageError) throw new ArmError(400, error.code, `${what}: ${error.message}`);
    throw error;
  }
  const files = await blobs.filesAt(address);
  if (files.length === 0)
    throw new ArmError(400, 'UserError', `${what}: nothing was uploaded to ${container}/${name}.`);
  return { entry: name.slice(name.lastIndexOf('/') + 1), files };
}
