import path from 'node:path';
import { entryKind } from '../base/index.ts';
import type { AzureWorkspace, JsonObject, ModelRecord } from '../workspace/index.ts';
import { type Document, objectIn, textIn } from './document.ts';
import { modelJson } from './model-json.ts';
import { type Say, storeModel } from './models.ts';
import { requireMember } from './online-schema.ts';
import { refusal } from './refusal.ts';

const FRAMEWORKS: Readonly<Record<string, string>> = {
  triton_model: 'Multi',
  custom_model: 'Custom',
  mlflow_model: 'MLflow',
};

/** `az ml model create`: the file, whose path is relative to it, with what is given besides laid over it. */
export async function createModel(
  workspace: AzureWorkspace,
  document: Document | undefined,
  over: JsonObject,
  say: Say,
): Promise<JsonObject> {
  const value: Record<string, unknown> = { ...document?.value };
  if (document && typeof value.path === 'string')
    value.path = path.resolve(path.dirname(document.file), value.path);
  for (const [name, given] of Object.entries(over)) if (given !== undefined) value[name] = given;
  const name = requireMember(value, 'name', document);
  return modelJson(await modelFromYaml(workspace, value, name, say));
}

/**
 * Registers a model of v2 (azureml.md 5.1): `path`, `type`, and its own name or one that is given to it. A name and
 * version that are registered already are that model.
 */
export async function modelFromYaml(
  workspace: AzureWorkspace,
  value: JsonObject,
  fallbackName: string,
  say: Say,
): Promise<ModelRecord> {
  const name = textIn(value, 'name') ?? fallbackName;
  const version = value.version == null ? undefined : String(value.version);
  if (version !== undefined) {
    const { models } = await workspace.read();
    const found = models.find((model) => model.name === name && String(model.version) === version);
    if (found) return found;
  }
  const source = requireMember(value, 'path', undefined);
  if ((await entryKind(source)) === undefined) throw refusal(`No such file or directory: ${source}`);
  const type = textIn(value, 'type') ?? 'custom_model';
  const framework = FRAMEWORKS[type];
  if (framework === undefined)
    throw refusal(`type: Value '${type}' passed is not in set ${JSON.stringify(Object.keys(FRAMEWORKS))}`);
  const texts = (member: JsonObject = {}) =>
    Object.fromEntries(Object.entries(member).map(([key, text]) => [key, String(text)]));
  return storeModel(
    workspace,
    {
      name,
      path: source,
      description: textIn(value, 'description') ?? null,
      framework,
      frameworkVersion: null,
      tags: texts(objectIn(value, 'tags')),
      properties: texts(objectIn(value, 'properties')),
      runId: null,
      experimentName: null,
      sampleInputDatasetId: null,
      sampleOutputDatasetId: null,
      resourceConfiguration: null,
    },
    say,
  );
}
