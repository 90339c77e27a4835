import { entryKind } from '../base/index.ts';
import type { AzureWorkspace, JsonObject, ModelRecord } from '../workspace/index.ts';
import { objectIn, textIn } from './document.ts';
import { type Say, storeModel } from './models.ts';
import { refusal } from './refusal.ts';

const FRAMEWORKS: Readonly<Record<string, string>> = {
  triton_model: 'Multi',
  custom_model: 'Custom',
  mlflow_model: 'MLflow',
};

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
  const path = textIn(value, 'path');
  if (path === undefined) throw refusal('path: Missing data for required field.');
  if ((await entryKind(path)) === undefined) throw refusal(`No such file or directory: ${path}`);
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
      path,
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
