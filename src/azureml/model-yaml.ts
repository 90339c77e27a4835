import path from 'node:path';
import { entryKind, type SourceLocation } from '../base/index.ts';
import { type AzureWorkspace, idOf, type JsonObject, type ModelRecord } from '../workspace/index.ts';
import { type Document, objectIn, textIn } from './document.ts';
import { textsOf } from './labels.ts';
import { modelJson } from './model-json.ts';
import { type ModelRegistration, type Say, storeModel } from './models.ts';
import { requireMember } from './online-schema.ts';
import { checkModelName, refusal } from './refusal.ts';
import { withFlags } from './settings-path.ts';
import { checkFile } from './yaml/index.ts';

const FRAMEWORKS = new Map([
  ['triton_model', 'Multi'],
  ['custom_model', 'Custom'],
  ['mlflow_model', 'MLflow'],
]);

/** A model that a file names or holds: known to fit, and registered only when it is needed. */
export interface PlannedModel {
  readonly framework: string;
  /** Shown to the user: `NAME:VERSION`, or the name of one that has no version yet. */
  readonly id: string;
  /** The file or folder: the user's own, or the copy of what is registered. */
  readonly entry: string;
  /** Registers it, unless it is already. */
  readonly register: (say: Say) => Promise<ModelRecord>;
}

/** A model that is registered. */
export const registeredModel = (workspace: AzureWorkspace, record: ModelRecord): PlannedModel => ({
  framework: record.framework,
  id: idOf(record),
  entry: workspace.contentOf(record),
  register: () => Promise.resolve(record),
});

/** `az ml model create`: the file, whose path is relative to it, with what is given besides laid over it. */
export async function createModel(
  workspace: AzureWorkspace,
  document: Document | undefined,
  flags: JsonObject,
  set: readonly string[],
  say: Say,
): Promise<JsonObject> {
  const value = checkFile(withFlags(document, flags, set), 'ModelSchema', document);
  const base = document && flags.path === undefined ? path.dirname(path.resolve(document.file)) : '.';
  const source = path.resolve(base, requireMember(value, 'path', document));
  const at = document && { location: document.locate('path') };
  const name = String(value.name);
  if (value.version === undefined) {
    // az gives the next version, also to content that is registered already.
    if ((await entryKind(source)) === undefined) throw refusal(`No such file or directory: ${source}`, at);
    return modelJson(await storeModel(workspace, registrationOf(value, name, source), say));
  }
  const planned = await planModel(workspace, { ...value, path: source }, name, at);
  return modelJson(await planned.register(say));
}

/**
 * A model of v2 (docs/reference/azureml.md#online-endpoints-and-deployments), with an absolute `path`, under its own
 * name or the one that is given to it. The same content is registered once: as the version that is asked for, or where
 * none is, as the latest that has it.
 * @throws AZUREML_REFUSED for a path that is not there, and for a version that has another content, which the cloud
 * refuses as well.
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
      { hint: 'give the changed model another version, or none, which makes the next one', ...at },
    );
  }
  return {
    framework: registration.framework,
    id: asked === undefined ? name : `${name}:${asked}`,
    entry: source,
    register: (say) => storeModel(workspace, registration, say, asked),
  };
}

/** Versions of v2 are texts; those that are numbers count on with those that are given. */
function versionOf(value: JsonObject): number | string | undefined {
  const version = value.version == null ? undefined : String(value.version);
  return version !== undefined && /^[1-9]\d*$/.test(version) ? Number(version) : version;
}

function registrationOf(value: JsonObject, name: string, source: string): ModelRegistration {
  return {
    name,
    path: source,
    description: textIn(value, 'description') ?? null,
    framework: FRAMEWORKS.get(textIn(value, 'type') ?? 'custom_model') ?? 'Custom',
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
