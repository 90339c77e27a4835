import path from 'node:path';
import { userError } from '../base/index.ts';
import { readEventLog } from '../events/index.ts';
import {
  type AzureState,
  type AzureWorkspace,
  idOf,
  type JsonObject,
  type Labels,
  makeKey,
  replaceServiceKeys,
  type ServiceKeys,
  type ServiceRecord,
  serviceKeys,
} from '../workspace/index.ts';
import { bringUp, inTurn } from './deploy.ts';
import { merge, readDeploymentSettings } from './deployment-config.ts';
import { objectIn, textIn } from './document.ts';
import { addProperties, hasLabel } from './labels.ts';
import type { Say } from './models.ts';
import { refusal } from './refusal.ts';
import { runningPids, type ServiceHost, stopService, withService } from './service-host.ts';
import { serviceJson } from './service-json.ts';
import { type DeployRequest, planContent, type ServicePlan } from './service-plan.ts';

export interface ServiceFilter {
  readonly computeType?: string | undefined;
  readonly modelName?: string | undefined;
  readonly modelId?: string | undefined;
  readonly tags?: readonly string[];
  readonly properties?: readonly string[];
}

/** `az ml service list`, the newest first. */
export async function listServices(
  workspace: AzureWorkspace,
  host: ServiceHost,
  filter: ServiceFilter,
): Promise<JsonObject[]> {
  const [state, pids] = await Promise.all([workspace.read(), runningPids(host)]);
  const { computeType, modelName, modelId } = filter;
  return state.services
    .filter(
      (service) =>
        (computeType === undefined || service.computeType.toLowerCase() === computeType.toLowerCase()) &&
        (modelId === undefined || service.modelIds.includes(modelId)) &&
        (modelName === undefined || service.modelIds.some((id) => id.startsWith(`${modelName}:`))) &&
        (filter.tags ?? []).every((tag) => hasLabel(service.tags, tag)) &&
        (filter.properties ?? []).every((property) => hasLabel(service.properties, property)),
    )
    .reverse()
    .map((service) => jsonOf(state, service, pids));
}

function jsonOf(state: AzureState, service: ServiceRecord, pids: ReadonlySet<number>): JsonObject {
  return serviceJson(service, service.running !== null && pids.has(service.running.pid), state.models);
}

/** `az ml service show`. @throws SERVICE_NOT_FOUND */
export async function showService(
  workspace: AzureWorkspace,
  host: ServiceHost,
  name: string,
): Promise<JsonObject> {
  const [state, pids] = await Promise.all([workspace.read(), runningPids(host)]);
  return jsonOf(state, serviceIn(state, name), pids);
}

function serviceIn({ services }: AzureState, name: string): ServiceRecord {
  const found = services.find((service) => service.name === name);
  if (found) return found;
  const names = services.map((service) => service.name);
  throw userError(
    'SERVICE_NOT_FOUND',
    `WebserviceNotFound: Webservice with name ${name} not found in provided workspace`,
    { hint: names.length > 0 ? `there are: ${names.join(', ')}` : 'none has been deployed here' },
  );
}

/** `az ml service get-keys`. @throws SERVICE_NOT_FOUND; AZUREML_REFUSED for a local service, which has none. */
export async function getKeys(workspace: AzureWorkspace, name: string): Promise<ServiceKeys> {
  const service = serviceIn(await workspace.read(), name);
  if (service.computeType === 'Local') throw refusal('Local web services do not support auth keys.');
  return serviceKeys(workspace.keyFile(name));
}

/**
 * `az ml service regen-key`: another primary or secondary key, `setKey` or a new one; it counts from the next request.
 * @throws SERVICE_NOT_FOUND, AZUREML_REFUSED
 */
export async function regenerateKey(
  workspace: AzureWorkspace,
  host: ServiceHost,
  name: string,
  which: string,
  setKey: string | undefined,
): Promise<void> {
  const key = which.charAt(0).toUpperCase() + which.slice(1).toLowerCase();
  if (key !== 'Primary' && key !== 'Secondary') {
    throw refusal(`Error, invalid value provided for key: ${key}.\nValid options are: Primary, Secondary`);
  }
  const keys = await getKeys(workspace, name);
  const value = setKey ?? makeKey();
  await putKeys(workspace, host, name, {
    ...keys,
    ...(key === 'Primary' ? { primary: value } : { secondary: value }),
  });
}

/** How long a token is valid, and after how long to get another, as AKS has them. */
const TOKEN_HOURS = 12;
const REFRESH_HOURS = 8;

/** `az ml service get-access-token`: another token; the one before ends with it. */
export async function getAccessToken(
  workspace: AzureWorkspace,
  host: ServiceHost,
  name: string,
): Promise<JsonObject> {
  const { computeType, deploymentConfig } = serviceIn(await workspace.read(), name);
  if (computeType === 'Local') throw refusal('Local web services do not support Token Authentication.');
  if (computeType === 'ACI') throw refusal('ACI webservices do not support Token Authentication.');
  if (deploymentConfig.tokenAuthEnabled !== true) {
    throw refusal(`Token authentication is not enabled for service ${name}.`, {
      hint: 'deploy it with "tokenAuthEnabled": true and "authEnabled": false',
    });
  }
  const token = makeKey();
  await putKeys(workspace, host, name, { ...(await serviceKeys(workspace.keyFile(name))), token });
  const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
  return {
    accessToken: token,
    tokenType: 'Bearer',
    refreshAfter: inHours(REFRESH_HOURS),
    expiryOn: inHours(TOKEN_HOURS),
  };
}

async function putKeys(
  workspace: AzureWorkspace,
  host: ServiceHost,
  name: string,
  keys: ServiceKeys,
): Promise<void> {
  await replaceServiceKeys(workspace.keyFile(name), keys);
  const { running } = serviceIn(await workspace.read(), name);
  if (running) await withService(host, running.pid, (control) => control.rekey());
}

/** `az ml service get-logs`: what the service told, the last lines of it. @throws SERVICE_NOT_FOUND */
export async function getLogs(workspace: AzureWorkspace, name: string, lines: number): Promise<string> {
  const { revision, error, running } = serviceIn(await workspace.read(), name);
  const told: string[] = [];
  for await (const event of readEventLog(workspace.eventLog(name, revision))) {
    if (event.type !== 'log.line') continue;
    told.push(...event.text.split('\n'));
    if (told.length > 2 * lines) told.splice(0, told.length - lines);
  }
  if (!running && error !== null) told.push(...error.split('\n'));
  return told.slice(-lines).join('\n');
}

const RUN_LIMIT_MS = 600_000;

/**
 * `az ml service run`: posts to the scoring URI and gives the answer, parsed where it is JSON.
 * @throws SERVICE_NOT_FOUND; SCORING_FAILED with status and body.
 */
export async function runService(workspace: AzureWorkspace, name: string, input: string): Promise<unknown> {
  const { running, computeType } = serviceIn(await workspace.read(), name);
  if (!running) throw userError('SERVICE_STOPPED', `service ${name} does not run`);
  const { primary } = await serviceKeys(workspace.keyFile(name));
  const response = await fetch(running.scoringUri, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(computeType !== 'Local' && { authorization: `Bearer ${primary}` }),
    },
    body: input,
    signal: AbortSignal.timeout(RUN_LIMIT_MS),
  }).catch((cause: unknown) => {
    throw userError('SERVICE_STOPPED', `service ${name} does not answer at ${running.scoringUri}`, {
      hint: `npx triton-local service show -n ${name}`,
      cause,
    });
  });
  const text = await response.text();
  if (!response.ok) {
    throw userError(
      'SCORING_FAILED',
      `Error: Scoring was unsuccessful.\nResponse Code: ${response.status}\nContent: ${text}`,
    );
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export interface ServiceChange {
  readonly addTags: Labels;
  readonly removeTags: readonly string[];
  readonly addProperties: Labels;
  /** What is to be served, and how; what it leaves out stays: models, script with environment, settings. */
  readonly request: DeployRequest;
  /** Takes the script from where it came instead of the service's copy. */
  readonly freshSource: boolean;
}

/** `az ml service update`: starts it anew with what changes, beside the one that serves. Also starts one that ended. */
export function updateService(
  workspace: AzureWorkspace,
  host: ServiceHost,
  name: string,
  change: ServiceChange,
  say: Say,
  signal: AbortSignal,
): Promise<JsonObject> {
  return inTurn(workspace, name, signal, async () => {
    const state = await workspace.read();
    const service = serviceIn(state, name);
    const plan = await changedPlan(workspace, state, service, change, say);
    return bringUp(workspace, plan, service, host, say, signal);
  });
}

async function changedPlan(
  workspace: AzureWorkspace,
  state: AzureState,
  service: ServiceRecord,
  { request, ...change }: ServiceChange,
  say: Say,
): Promise<ServicePlan> {
  const { models, inference, environment } = await planContent(workspace, request, say);
  const given = merge(request.deploymentConfig?.value ?? {}, request.deploymentFlags);
  const config = merge(service.deploymentConfig, given);
  const { settings } = readDeploymentSettings(undefined, config, service.computeName ?? undefined);
  const tags = Object.entries({ ...service.tags, ...change.addTags });
  return {
    name: service.name,
    models: models.length > 0 ? models : state.models.filter((it) => service.modelIds.includes(idOf(it))),
    inference: inference ?? keptInference(workspace, service, change.freshSource),
    environment: environment ?? objectIn(service.inferenceConfig ?? {}, 'environment'),
    settings,
    description: request.description ?? service.description,
    tags: Object.fromEntries(tags.filter(([key]) => !change.removeTags.includes(key))),
    properties: addProperties(service.properties, change.addProperties),
  };
}

/** The script as it was deployed, from the service's own copy; where it never served, from where it came. */
function keptInference(
  workspace: AzureWorkspace,
  service: ServiceRecord,
  fresh: boolean,
): ServicePlan['inference'] {
  const { inferenceConfig, name, revision, running } = service;
  const entryName = textIn(inferenceConfig ?? undefined, 'entryScript');
  const scriptFile = textIn(inferenceConfig ?? undefined, 'scriptFile');
  if (entryName === undefined || scriptFile === undefined) return undefined;
  const original = textIn(inferenceConfig ?? undefined, 'sourceDirectory');
  const root = path.join(workspace.serviceDirectory(name, revision), 'app');
  const copied = original && path.join(root, path.basename(original));
  const from =
    running && !fresh ? { script: path.join(copied ?? root, entryName), directory: copied } : undefined;
  return {
    entryName,
    entryScript: from?.script ?? scriptFile,
    sourceDirectory: from ? from.directory : original,
    environment: undefined,
    description: undefined,
  };
}

/** `az ml service delete`: ends it and removes all of it. @throws SERVICE_NOT_FOUND */
export function deleteService(
  workspace: AzureWorkspace,
  host: ServiceHost,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  return inTurn(workspace, name, signal, async () => {
    const { running } = serviceIn(await workspace.read(), name);
    if (running) await stopService(host, running.pid);
    await workspace.changeService(name, () => undefined);
    await workspace.removeServiceFiles(name);
  });
}
