import path from 'node:path';
import { entryKind, type SourceLocation } from '../base/index.ts';
import {
  type AzureWorkspace,
  idOf,
  type JsonObject,
  type ModelRecord,
  type ModelVersion,
} from '../workspace/index.ts';
import { type Document, objectIn, textIn } from './document.ts';
import { textsOf } from './labels.ts';
import { modelJson } from './model-json.ts';
import { frameworkOf } from './model-types.ts';
import { parseModelVersion } from './model-versions.ts';
import { type ModelRegistration, type Notify, storeModel } from './models.ts';
import { requireMember } from './online-schema.ts';
import { checkModelName, refusal } from './refusal.ts';
import { withFlags } from './settings-path.ts';
import { checkFile } from './yaml/index.ts';

/** A checked model that a file references or contains; registered only when needed. */
export interface PlannedModel {
  readonly framework: string;
  /** Shown to the user: `NAME:VERSION`, or only the name if there is no version yet. */
  readonly id: string;
  /** The file or folder: the user's, or the registered copy. */
  readonly entry: string;
  /** Registers the model unless it is registered. */
  readonly register: (notify: Notify) => Promise<ModelRecord>;
}

/** A registered model. */
export const registeredModel = (workspace: AzureWorkspace, record: ModelRecord): PlannedModel => ({
  framework: record.framework,
  id: idOf(record),
  entry: workspace.contentOf(record),
  register: () => Promise.resolve(record),
});

/** `az ml model create`: the file with the flags applied; its path is relative to the file. */
export async function createModel(
  workspace: AzureWorkspace,
  document: Document | undefined,
  flags: JsonObject,
  set: readonly string[],
  notify: Notify,
): Promise<JsonObject> {
  const value = checkFile(withFlags(document, flags, set), 'ModelSchema', document);
  const base = document && flags.path === undefined ? path.dirname(path.resolve(document.file)) : '.';
  const source = path.resolve(base, requireMember(value, 'path', document));
  const at = document && { location: document.locate('path') };
  const name = String(value.name);
  if (value.version === undefined) {
    // az creates a new version even for content that is already registered.
    if ((await entryKind(source)) === undefined) throw refusal(`No such file or directory: ${source}`, at);
    return modelJson(await storeModel(workspace, registrationOf(value, name, source), notify));
  }
  const planned = await planModel(workspace, { ...value, path: source }, name, at);
  return modelJson(await planned.register(notify));
}

/**
 * A v2 model (docs/reference/azureml.md#online-endpoints-and-deployments) with an absolute `path`, under its own name
 * or `name`. Equal content is registered once: as the requested version, or else as the latest version with that
 * content.
 * @throws AZUREML_REFUSED if the path does not exist or the version has other content, as in the cloud.
 */
export async function planModel(
  workspace: AzureWorkspace,
  value: JsonObject,
  fallbackName: string,
  at?: { readonly location: SourceLocation },
): Promise<PlannedModel> {
  const name = textIn(value, 'name') ?? fallbackName;
  checkModelName(name);
  const asked = versionOf(value);
  const models = (await workspace.read()).models.filter((model) => model.name === name);
  const found = asked === undefined ? models.at(-1) : models.find(({ version }) => version === asked);
  const source = textIn(value, 'path');
  if (source === undefined) {
    if (asked !== undefined && found) return registeredModel(workspace, found);
    throw refusal('path: Missing data for required field.', at);
  }
  if ((await entryKind(source)) === undefined) throw refusal(`No such file or directory: ${source}`, at);
  const registration = registrationOf(value, name, source);
  const isSame = found !== undefined && found.content === (await workspace.contentHash(source));
  if (isSame && found.framework === registration.framework) return registeredModel(workspace, found);
  if (found && asked !== undefined && !isSame) {
    throw refusal(
      `The code asset ${name}:${asked} is already linked to an asset in your datastore that does not match the content from your \`directory\` param and cannot be overwritten. Please provide a unique name or version to successfully create a new code asset.`,
      { hint: 'give the changed model another version, or no version for the next one', ...at },
    );
  }
  return {
    framework: registration.framework,
    id: asked === undefined ? name : `${name}:${asked}`,
    entry: source,
    register: (notify) => storeModel(workspace, registration, notify, asked),
  };
}

/** v2 versions are strings; the next one follows the highest number. */
function versionOf(value: JsonObject): ModelVersion | undefined {
  return value.version == null ? undefined : parseModelVersion(String(value.version));
}

function registrationOf(value: JsonObject, name: string, source: string): ModelRegistration {
  return {
    name,
    path: source,
    description: textIn(value, 'description') ?? null,
    framework: frameworkOf(textIn(value, 'type')),
    frameworkVersion: null,
    tags: textsOf(objectIn(value, 'tags')),
    properties: textsOf(objectIn(value, 'properties')),
    runId: null,
    experimentName: null,
    sampleInputDatasetId: null,
    sampleOutputDatasetId: null,
    resourceConfiguration: null,
  };
}
