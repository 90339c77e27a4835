import type { AzureWorkspace, JsonObject, Labels, ModelRecord } from '../workspace/index.ts';
import { type DeploymentSettings, readDeploymentSettings } from './deployment-config.ts';
import { type Document, textIn } from './document.ts';
import { readEnvironmentDirectory } from './environment-folder.ts';
import { findEnvironment } from './environments.ts';
import { type InferenceConfig, readInferenceConfig } from './inference-config.ts';
import { findModel, type ModelReference, type Say } from './models.ts';
import { checkServiceName, refusal } from './refusal.ts';
import { findTritonLayout } from './triton-layout.ts';

/** A deployment as it was asked for: files and flags, nothing checked yet. */
export interface DeployRequest {
  readonly name: string;
  readonly models: readonly ModelReference[];
  readonly inferenceConfig: Document | undefined;
  /** Members of the inference configuration that were given as flags. */
  readonly inferenceFlags: JsonObject;
  readonly environmentName: string | undefined;
  readonly environmentVersion: string | undefined;
  readonly environmentDirectory: string | undefined;
  readonly deploymentConfig: Document | undefined;
  /** Members of the deployment configuration that were given as flags. */
  readonly deploymentFlags: JsonObject;
  readonly computeTarget: string | undefined;
  readonly overwrite: boolean;
  readonly description: string | null;
  readonly tags: Labels;
  readonly properties: Labels;
}

/** A deployment that may be started: what it needs is there and fits together. */
export interface ServicePlan {
  readonly name: string;
  readonly models: readonly ModelRecord[];
  /** Undefined for a no-code deployment. */
  readonly inference: InferenceConfig | undefined;
  /** Undefined for a no-code deployment. */
  readonly environment: JsonObject | undefined;
  readonly settings: DeploymentSettings;
  readonly description: string | null;
  readonly tags: Labels;
  readonly properties: Labels;
}

const NO_CODE_FRAMEWORKS = ['Onnx', 'ScikitLearn', 'TensorFlow', 'Multi'];

/**
 * Checks a deployment as a whole. Nothing has been written or started when it throws.
 * @throws AZUREML_REFUSED, MODEL_NOT_FOUND: what the cloud would say, and some of it earlier than the cloud does.
 */
export async function planService(
  workspace: AzureWorkspace,
  request: DeployRequest,
  say: Say,
): Promise<ServicePlan> {
  checkServiceName(request.name);
  const { settings, warnings } = readDeploymentSettings(
    request.deploymentConfig,
    request.deploymentFlags,
    request.computeTarget,
  );
  for (const warning of warnings) say(`WARNING: ${warning}`);
  const content = await planContent(workspace, request, say);
  if (!content.inference) await checkNoCode(workspace, content.models);
  return {
    ...content,
    name: request.name,
    settings,
    description: request.description ?? content.inference?.description ?? null,
    tags: request.tags,
    properties: request.properties,
  };
}

/** What is to be served: the models and the script of a deployment with its environment, as far as they are named. */
export async function planContent(
  workspace: AzureWorkspace,
  request: DeployRequest,
  say: Say,
): Promise<Pick<ServicePlan, 'models' | 'inference' | 'environment'>> {
  const models: ModelRecord[] = [];
  for (const reference of request.models) models.push(await findModel(workspace, reference));
  const inference = await inferenceOf(request, say);
  const environment = inference && (await environmentOf(workspace, request, inference, say));
  return { models, inference, environment };
}

async function inferenceOf(request: DeployRequest, say: Say): Promise<InferenceConfig | undefined> {
  const { inferenceConfig, inferenceFlags } = request;
  if (!inferenceConfig && Object.keys(inferenceFlags).length === 0) {
    if (request.environmentName !== undefined)
      say('WARNING: without an inference configuration the environment is not used');
    return undefined;
  }
  const namesEnvironment = (request.environmentName ?? request.environmentDirectory) !== undefined;
  const { config, warnings } = await readInferenceConfig(inferenceConfig, inferenceFlags, namesEnvironment);
  for (const warning of warnings) say(`WARNING: ${warning}`);
  return config;
}

/** Which of the ways to say an environment was used; they are alternatives, the command line first. */
async function environmentOf(
  workspace: AzureWorkspace,
  request: DeployRequest,
  { environment }: InferenceConfig,
  say: Say,
): Promise<JsonObject> {
  const { environmentName, environmentVersion, environmentDirectory } = request;
  if (environmentName !== undefined)
    return findEnvironment(workspace, named(environmentName, environmentVersion), say);
  if (environmentDirectory !== undefined) return readEnvironmentDirectory(environmentDirectory);
  if (!environment) return { name: `${request.name}-env`, python: {}, environmentVariables: {} };
  const isNamedAlone = Object.keys(environment).every((member) => member === 'name' || member === 'version');
  const name = textIn(environment, 'name');
  return isNamedAlone && name !== undefined
    ? findEnvironment(workspace, named(name, textIn(environment, 'version')), say)
    : environment;
}

const named = (name: string, version: string | undefined) => ({ name, version, registry: undefined });

async function checkNoCode(workspace: AzureWorkspace, models: readonly ModelRecord[]): Promise<void> {
  const [model, other] = models;
  if (!model || other)
    throw refusal('You must provide an InferenceConfig when deploying zero or multiple models.');
  const shown = `[${NO_CODE_FRAMEWORKS.map((name) => `'${name}'`).join(', ')}]`;
  if (!NO_CODE_FRAMEWORKS.includes(model.framework)) {
    throw refusal(
      `You must provide an InferenceConfig when deploying a model with model_framework set to ${model.framework}. Default environments are only provided for these frameworks: ${shown}.`,
      { hint: 'a Triton model is registered with --model-framework=Multi' },
    );
  }
  if (model.framework !== 'Multi') {
    throw refusal(`no-code deployment of ${model.framework} models is not emulated`, {
      hint: 'a Triton model is registered with --model-framework=Multi; another needs an entry script',
    });
  }
  if (await findTritonLayout(workspace.contentOf(model))) return;
  const place = `/var/azureml-app/azureml-models/${model.name}/${model.version}/${model.entry}/triton`;
  throw refusal(`error: creating server: Internal - failed to stat file ${place}`, {
    hint: `the registered "${model.entry}" must hold a folder "triton" with the models in it; register that folder's parent`,
  });
}
