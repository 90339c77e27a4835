import { rm } from 'node:fs/promises';
import path from 'node:path';
import { entryKind, userError } from '../base/index.ts';
import {
  type AzureWorkspace,
  copyContent,
  idOf,
  type JsonObject,
  type Labels,
  type ModelRecord,
  type ModelVersion,
  type NewModel,
  type ResourceConfiguration,
} from '../workspace/index.ts';
import { isListed, type ListView } from './asset-lists.ts';
import { objectIn } from './document.ts';
import { addProperties, hasLabel, textsOf } from './labels.ts';
import { modelJson } from './model-json.ts';
import { checkModelName, refusal } from './refusal.ts';
import { applySet } from './settings-path.ts';
import { findTritonLayout, layoutWarnings } from './triton-layout.ts';

/** Receives messages for people rather than programs: warnings and progress. */
export type Notify = (text: string) => void;

export interface ModelRegistration extends NewModel {
  /** The file or folder on this machine. */
  readonly path: string;
}

/** `az ml model register`: copies the file or folder into the workspace as the next version. */
export async function registerModel(
  workspace: AzureWorkspace,
  model: ModelRegistration,
  notify: Notify,
): Promise<JsonObject> {
  const record = await storeModel(workspace, model, notify);
  if (model.framework === 'Multi') {
    const entry = workspace.contentOf(record);
    for (const warning of await layoutWarnings(entry, await findTritonLayout(entry)))
      notify(`WARNING: ${warning}`);
  }
  return modelJson(record);
}

/** Registers a model without checking its layout, which differs between v1 and v2. @throws AZUREML_REFUSED */
export async function storeModel(
  workspace: AzureWorkspace,
  { path: source, ...model }: ModelRegistration,
  notify: Notify,
  version?: ModelVersion,
): Promise<ModelRecord> {
  checkModelName(model.name);
  if ((await entryKind(source)) === undefined)
    throw refusal(`Error, provided model path "${source}" cannot be found`, { location: { file: source } });
  notify(`Registering model ${model.name}`);
  return workspace.registerModel(model, path.resolve(source), version);
}

export interface ModelFilter {
  readonly name?: string | undefined;
  readonly tags?: readonly string[];
  readonly properties?: readonly string[];
  readonly runId?: string | undefined;
  readonly framework?: string | undefined;
  /** Only the highest version of each name. */
  readonly latest?: boolean;
  readonly view?: ListView;
}

/** `az ml model list`, newest first. */
export async function listModels(workspace: AzureWorkspace, filter: ModelFilter): Promise<JsonObject[]> {
  const state = await workspace.read();
  const found = state.models.filter(
    (model) =>
      isListed(state, 'models', model, filter.view) &&
      (filter.name === undefined || model.name === filter.name) &&
      (filter.runId === undefined || model.runId === filter.runId) &&
      (filter.framework === undefined || model.framework === filter.framework) &&
      (filter.tags ?? []).every((tag) => hasLabel(model.tags, tag)) &&
      (filter.properties ?? []).every((property) => hasLabel(model.properties, property)),
  );
  const shown = filter.latest ? found.filter((model) => model === latestOf(found, model.name)) : found;
  return [...shown].reverse().map(modelJson);
}

/** A reference to a model: its id `NAME:VERSION`, or its name with or without a version. */
export interface ModelReference {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly runId?: string | undefined;
}

/** `az ml model show`. @throws MODEL_NOT_FOUND */
export async function showModel(workspace: AzureWorkspace, reference: ModelReference): Promise<JsonObject> {
  return modelJson(await findModel(workspace, reference));
}

/**
 * Finds a model; a name alone means its highest version that is not archived.
 * @throws MODEL_NOT_FOUND with Azure ML's message and the models that exist.
 */
export async function findModel(workspace: AzureWorkspace, reference: ModelReference): Promise<ModelRecord> {
  const state = await workspace.read();
  const { models } = state;
  const [, idName, idVersion] = /^(.+?):(.+)$/.exec(reference.id ?? '') ?? [undefined, reference.id];
  const name = idName ?? reference.name;
  if (name === undefined && reference.runId === undefined)
    throw refusal('Error, one of id or name must be provided.');
  const version = idVersion ?? reference.version;
  const fitting = models.filter(
    (model) =>
      (name === undefined || model.name === name) &&
      (version === undefined ? isListed(state, 'models', model) : String(model.version) === version) &&
      (reference.runId === undefined || model.runId === reference.runId),
  );
  const found = fitting.at(-1);
  if (found) return found;
  const asked = {
    id: reference.id,
    name: reference.id ? undefined : name,
    version: idVersion ? undefined : version,
  };
  const conditions = Object.entries(asked).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key} ${value}`],
  );
  throw userError(
    'MODEL_NOT_FOUND',
    `ModelNotFound: Model with ${conditions.join(', ')} not found in provided workspace`,
    {
      hint: hintOf(
        models.filter((model) => isListed(state, 'models', model)),
        name,
      ),
    },
  );
}

/** The other versions of that name, the most likely intention; else all names. */
function hintOf(models: readonly ModelRecord[], name: string | undefined): string {
  const ids = models.filter((model) => model.name === name).map(idOf);
  if (ids.length > 0) return `registered versions: ${ids.join(', ')}`;
  if (models.length === 0)
    return 'no model is registered here: npx triton-local model register -n NAME -p models';
  return `registered models: ${[...new Set(models.map((model) => model.name))].join(', ')}`;
}

const latestOf = (models: readonly ModelRecord[], name: string) =>
  models.filter((model) => model.name === name).at(-1);

export interface ModelChange {
  /** `description=…`, `tags.KEY=…`, `properties.KEY=…` */
  readonly set: readonly string[];
  readonly addTags: Labels;
  readonly removeTags: readonly string[];
  readonly addProperties: Labels;
  readonly description: string | undefined;
  readonly sampleInputDatasetId: string | undefined;
  readonly sampleOutputDatasetId: string | undefined;
  readonly resources: Partial<ResourceConfiguration>;
}

/** `az ml model update`. @throws MODEL_NOT_FOUND; AZUREML_REFUSED for a property that already exists. */
export async function updateModel(
  workspace: AzureWorkspace,
  reference: ModelReference,
  change: ModelChange,
): Promise<JsonObject> {
  const model = await findModel(workspace, reference);
  const set = setMembers(change.set);
  const changed = await workspace.changeModel(idOf(model), (before) => ({
    ...before,
    tags: Object.fromEntries(
      Object.entries({ ...before.tags, ...set.tags, ...change.addTags }).filter(
        ([key]) => !change.removeTags.includes(key),
      ),
    ),
    properties: addProperties(before.properties, { ...set.properties, ...change.addProperties }),
    description: change.description ?? set.description ?? before.description,
    sampleInputDatasetId: change.sampleInputDatasetId ?? before.sampleInputDatasetId,
    sampleOutputDatasetId: change.sampleOutputDatasetId ?? before.sampleOutputDatasetId,
    resourceConfiguration:
      Object.keys(change.resources).length === 0
        ? before.resourceConfiguration
        : { cpu: null, memoryInGB: null, gpu: null, ...before.resourceConfiguration, ...change.resources },
  }));
  return modelJson(changed ?? model);
}

/** The changes of a model by `--set`. @throws AZUREML_REFUSED for a member that cannot change. */
function setMembers(assignments: readonly string[]) {
  const value = applySet({}, assignments);
  const other = Object.keys(value).find((name) => !['description', 'tags', 'properties'].includes(name));
  if (other !== undefined) {
    throw refusal(`--set ${other}: only description, tags and properties of a model can be changed`, {
      hint: 'register a new version',
    });
  }
  return {
    description: value.description == null ? undefined : String(value.description),
    tags: textsOf(objectIn(value, 'tags')),
    properties: textsOf(objectIn(value, 'properties')),
  };
}

/** `az ml model delete`. @throws MODEL_NOT_FOUND; AZUREML_REFUSED if a service uses it. */
export async function deleteModel(workspace: AzureWorkspace, id: string): Promise<void> {
  const model = await findModel(workspace, { id });
  const { services } = await workspace.read();
  const users = services.filter((service) => service.modelIds.includes(idOf(model)));
  if (users.length > 0) {
    throw refusal(
      `The model cannot be deleted because it is currently being used in one or more webservices: ${users.map(({ name }) => name).join(', ')}`,
      { hint: `first delete the service: npx triton-local service delete -n ${users[0]?.name}` },
    );
  }
  await workspace.removeModel(idOf(model));
}

/** `az ml model download`: copies the registered file or folder into a folder and returns its path. */
export async function downloadModel(
  workspace: AzureWorkspace,
  reference: ModelReference,
  targetDirectory: string,
  overwrite: boolean,
): Promise<string> {
  const model = await findModel(workspace, reference);
  const target = path.resolve(targetDirectory, model.entry);
  if ((await entryKind(target)) !== undefined) {
    if (!overwrite) {
      throw refusal(`File already exists. To overwrite, set exist_ok to True. ${target}`, {
        hint: 'add --overwrite on the command line',
        location: { file: target },
      });
    }
    await rm(target, { recursive: true, force: true });
  }
  await copyContent(workspace.contentOf(model), target);
  return target;
}
