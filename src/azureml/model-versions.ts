import { userError } from '../base/index.ts';
import {
  type AzureWorkspace,
  type ContentFile,
  idOf,
  type ModelRecord,
  type ModelVersion,
  type NewModel,
} from '../workspace/index.ts';
import { checkAssetName, checkModelName } from './refusal.ts';

/** Files that were uploaded as one file or folder. */
export interface Upload {
  /** The name of the file or folder. */
  readonly entry: string;
  readonly files: readonly ContentFile[];
}

/** Versions of v2 are texts; the number among them that we count up. */
export function parseModelVersion(text: string): ModelVersion {
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : text;
}

/**
 * Creates a model version, or changes the description, tags and marks of an existing one, as the SDK v2 does.
 * @param upload undefined if an existing version keeps its content.
 * @throws ASSET_EXISTS if a version that is not anonymous has other content; AZUREML_REFUSED, CONTENT_UNUSABLE
 */
export async function putModelVersion(
  workspace: AzureWorkspace,
  model: NewModel,
  version: ModelVersion,
  upload: Upload | undefined,
): Promise<ModelRecord> {
  checkModelName(model.name);
  checkAssetName('version', String(version));
  const before = (await workspace.read()).models.find(
    (it) => it.name === model.name && it.version === version,
  );
  if (!before || (model.isAnonymous && upload)) {
    const { entry, files } = upload ?? { entry: model.name, files: [] };
    return workspace.registerUpload(model, entry, files, version);
  }
  if (upload && (await workspace.uploadHash(upload.entry, upload.files)) !== before.content)
    throw assetExists(`model ${idOf(before)}`);
  const changed = await workspace.changeModel(idOf(before), (it) => ({
    ...it,
    description: model.description,
    framework: model.framework,
    tags: model.tags,
    properties: model.properties,
    ...(model.isArchived !== undefined && { isArchived: model.isArchived }),
    otherProperties: model.otherProperties ?? it.otherProperties ?? {},
    lastModifiedTime: new Date().toISOString(),
  }));
  return changed ?? before;
}

/** A version is immutable in what it consists of. */
export function assetExists(what: string): Error {
  return userError(
    'ASSET_EXISTS',
    `(UserError) Asset paths cannot be updated: the ${what} exists and has other content.`,
    { hint: 'give the changed asset another version, or none for the next one' },
  );
}
