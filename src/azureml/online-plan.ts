import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { entryKind } from '../base/index.ts';
import { type AzureWorkspace, idOf, type JsonObject } from '../workspace/index.ts';
import { parseAssetReference } from './asset-reference.ts';
import { managedLimits, NO_LIMITS } from './cloud-limits.ts';
import { collectionOfDeployment } from './data-collection.ts';
import { objectIn, textIn } from './document.ts';
import { planEnvironment } from './environment-plan.ts';
import { environmentFromYaml } from './environment-yaml.ts';
import { findEnvironment } from './environments.ts';
import type { InferenceConfig } from './inference-config.ts';
import type { LaunchPlan } from './launch.ts';
import { type PlannedModel, planModel, registeredModel } from './model-yaml.ts';
import { findModel, type Notify } from './models.ts';
import { refusal } from './refusal.ts';
import { findTritonLayout, isTritonModel } from './triton-layout.ts';

/** Paths in a file are relative to the file; stored, they must be absolute. */
export function withAbsolutePaths(value: JsonObject, base: string): JsonObject {
  const code = objectIn(value, 'code_configuration');
  const model = objectIn(value, 'model');
  const environment = objectIn(value, 'environment');
  const absolute = (place: unknown) => (typeof place === 'string' ? path.resolve(base, place) : place);
  return {
    ...value,
    ...(code && { code_configuration: { ...code, code: absolute(code.code ?? '.') } }),
    ...(model?.path !== undefined && { model: { ...model, path: absolute(model.path) } }),
    ...(typeof environment?.conda_file === 'string' && {
      environment: { ...environment, conda_file: absolute(environment.conda_file) },
    }),
  };
}

/** Options of a deployment besides its file. */
export interface OnlineWishes {
  readonly gpu: boolean;
  /** Whether the limits of managed endpoints apply. */
  readonly limited: boolean;
}

/**
 * Plans a v2 deployment. Starts nothing, also when it throws.
 * @throws AZUREML_REFUSED, MODEL_NOT_FOUND
 */
export async function planOnline(
  workspace: AzureWorkspace,
  value: JsonObject,
  { gpu, limited }: OnlineWishes,
  notify: Notify,
): Promise<LaunchPlan> {
  const cloud = limited ? managedLimits(value) : NO_LIMITS;
  const model = await modelOf(workspace, value, notify);
  const inference = await inferenceOf(value);
  const environment = await environmentOf(workspace, value, inference !== undefined, notify);
  if (environment) await planEnvironment(environment);
  if (environment && !inference) await checkContainer(environment);
  if (!inference) await checkNoCode(value, model, notify);
  // Last, so that a refused deployment leaves nothing behind.
  const registered = await model?.register(notify);
  return {
    models: registered ? [registered] : [],
    inference,
    environment,
    generation: 'v2',
    collection: collectionOfDeployment(value),
    settings: {
      computeType: 'AKS',
      authEnabled: false,
      tokenAuthEnabled: false,
      gpuCores: gpu || wantsGpu(value) ? 1 : 0,
      cloud,
    },
  };
}

/** Azure's GPU machines have an N before their family. */
function wantsGpu(value: JsonObject): boolean {
  return /^standard_n/i.test(textIn(value, 'instance_type') ?? '');
}

async function modelOf(
  workspace: AzureWorkspace,
  value: JsonObject,
  notify: Notify,
): Promise<PlannedModel | undefined> {
  const { model } = value;
  if (model === undefined || model === null) return undefined;
  const inline = objectIn(value, 'model');
  if (inline) return planModel(workspace, inline, `${value.endpoint_name}-${value.name}`);
  const reference = parseAssetReference(String(model));
  if (!reference) {
    throw refusal(`model: ${model} names no model`, {
      hint: 'azureml:NAME:VERSION, azureml:NAME@latest, or an object with a path',
    });
  }
  const { name, version, registry } = reference;
  const found = await findModel(workspace, { name, version }).catch((error: unknown) => {
    if (registry === undefined) throw error;
    throw refusal(`model: the registry ${registry} cannot be reached: ${model}`, {
      hint: `download the model and register it here: npx triton-local model create -n ${name} -p FOLDER`,
    });
  });
  if (registry !== undefined)
    notify(`WARNING: ${model} is replaced by ${idOf(found)}, which is registered here`);
  return registeredModel(workspace, found);
}

async function inferenceOf(value: JsonObject): Promise<InferenceConfig | undefined> {
  const code = objectIn(value, 'code_configuration');
  if (!code) return undefined;
  const sourceDirectory = textIn(code, 'code') ?? '.';
  const entryName = textIn(code, 'scoring_script');
  if (entryName === undefined)
    throw refusal('code_configuration.scoring_script: Missing data for required field.');
  const entryScript = path.join(sourceDirectory, entryName);
  if ((await entryKind(entryScript)) !== 'file') {
    throw refusal(`No such file or directory: ${entryScript}`, {
      hint: 'scoring_script is relative to code, and code to the file of the deployment',
    });
  }
  return { sourceDirectory, entryScript, entryName, environment: undefined, description: undefined };
}

async function environmentOf(
  workspace: AzureWorkspace,
  value: JsonObject,
  hasScript: boolean,
  notify: Notify,
): Promise<JsonObject | undefined> {
  const { environment } = value;
  const variables = objectIn(value, 'environment_variables') ?? {};
  const inline = objectIn(value, 'environment');
  if (inline) return withVariables(environmentFromYaml(inline, '.'), variables);
  const reference = parseAssetReference(String(environment ?? ''));
  if (reference) return withVariables(await findEnvironment(workspace, reference, notify), variables);
  if (environment != null) throw refusal(`environment: azureml:NAME:VERSION is wanted, not ${environment}`);
  if (hasScript) throw refusal('environment: a deployment with code_configuration needs an environment');
  return undefined;
}

function withVariables(environment: JsonObject, variables: JsonObject): JsonObject {
  const under = objectIn(environment, 'environmentVariables');
  return { ...environment, environmentVariables: { ...under, ...variables } };
}

/** A container with routes of its own brings its server. Only Triton's is here. */
async function checkContainer(environment: JsonObject): Promise<void> {
  if (!objectIn(environment, 'inference_config')) return;
  const docker = objectIn(environment, 'docker');
  const build = docker && objectIn(docker, 'build');
  const image = textIn(docker, 'baseImage') ?? (build && (await baseImageOf(build)));
  if (image === undefined || /triton/i.test(image)) return;
  throw refusal(
    `The container ${image} has a server of its own (inference_config), which does not run here.`,
    {
      hint: 'images of Triton are served here; for others, use code_configuration with a scoring script',
    },
  );
}

/** The image that a Dockerfile starts from; undefined if it cannot be read. */
async function baseImageOf(build: JsonObject): Promise<string | undefined> {
  const file = path.join(textIn(build, 'path') ?? '.', textIn(build, 'dockerfile_path') ?? 'Dockerfile');
  const text = await readFile(file, 'utf8').catch(() => '');
  return /^\s*FROM\s+(?:--\S+\s+)*(\S+)/im.exec(text)?.[1];
}

async function checkNoCode(
  value: JsonObject,
  model: PlannedModel | undefined,
  notify: Notify,
): Promise<void> {
  if (!model) {
    throw refusal('model: a deployment without code_configuration needs a model', {
      hint: 'give model with type: triton_model, or code_configuration and environment',
    });
  }
  const layout = await findTritonLayout(model.entry);
  if (model.framework !== 'Multi' && value.environment == null) {
    throw refusal(
      'a deployment without code_configuration and environment needs a model of type triton_model',
      model.framework === 'MLflow'
        ? {
            hint: 'an MLflow model needs a scoring script here: use the one in docs/python.md ("MLflow models") as code_configuration, and the conda.yaml of the model as environment.conda_file',
          }
        : {},
    );
  }
  // A container of the user's gets the registered folder below its mount path, so that it may be a single model.
  if (!layout && !(value.environment != null && (await isTritonModel(model.entry)))) {
    throw refusal(`model ${model.id} holds no Triton model repository`, {
      hint: 'v2 expects the models directly below the path: path/MODEL/1/model.onnx',
    });
  }
  // A folder called "triton" holds its models directly, as v2 expects.
  if (layout?.form === 'parent')
    notify(
      `WARNING: v2 expects the models directly below the path of ${model.id}, without the folder "triton"`,
    );
}
