import path from 'node:path';
import { ownValue, toTritonLocalError, userError } from '../base/index.ts';
import {
  type AzureState,
  type AzureWorkspace,
  type DeploymentRecord,
  ENDPOINTS,
  idOf,
  type JsonObject,
} from '../workspace/index.ts';
import { inTurn } from './deploy.ts';
import { type Document, objectIn } from './document.ts';
import { type LaunchPlan, launch } from './launch.ts';
import { logText } from './log-text.ts';
import type { Say } from './models.ts';
import { endpointIn } from './online-endpoints.ts';
import { planOnline, withAbsolutePaths } from './online-plan.ts';
import { checkDeployment, requireMember } from './online-schema.ts';
import { refusal } from './refusal.ts';
import { endUnknown, runningPids, type ServiceHost, stopService } from './service-host.ts';
import { applySet, withFlags } from './settings-path.ts';
import { withEnvironmentFile } from './yaml/index.ts';

/** A deployment as it was asked for: its file, with flags laid over it. */
export interface DeploymentRequest {
  readonly document: Document | undefined;
  readonly name: string | undefined;
  readonly endpointName: string | undefined;
  readonly set: readonly string[];
  /** Gives it all the traffic once it is ready. */
  readonly allTraffic: boolean;
  /** `--local`: az runs it in a container of this machine, without what stands before it in the cloud. */
  readonly local: boolean;
  /** `--local-enable-gpu` */
  readonly gpu: boolean;
}

/** Where an endpoint keeps the files of one of its deployments. */
const placeOf = (endpoint: string, name: string) => `${ENDPOINTS}${endpoint}/${name}`;

/**
 * `az ml online-deployment create` and `update`: starts it beside the one of this name, which serves until the new one
 * is ready, and for good where that fails.
 * @throws AZUREML_REFUSED, ENDPOINT_NOT_FOUND, MODEL_NOT_FOUND before anything is started; DEPLOYMENT_FAILED.
 */
export async function deployOnline(
  workspace: AzureWorkspace,
  request: DeploymentRequest,
  host: ServiceHost,
  say: Say,
  signal: AbortSignal,
): Promise<JsonObject> {
  const { document } = request;
  const given = document && (await readDeployment(document, request));
  const endpointName = request.endpointName ?? requireMember(given ?? {}, 'endpoint_name', document);
  const name = request.name ?? requireMember(given ?? {}, 'name', document);
  return inTurn(workspace, ENDPOINTS + endpointName, signal, async () => {
    const endpoint = endpointIn(await workspace.read(), endpointName);
    const before = endpoint.deployments.find((it) => it.name === name);
    if (!given && !before) throw notFound(endpointName, name);
    const value = given ?? checkDeployment(applySet(before?.definition ?? {}, request.set), undefined);
    const limited = !request.local && endpoint.profile === 'managed';
    const plan = await planOnline(workspace, value, { gpu: request.gpu, limited }, say);
    say(`Creating/updating online deployment ${name}`);
    await bringUp(workspace, endpointName, value, plan, before, host, say, signal);
    if (request.allTraffic)
      await workspace.changeEndpoint(endpointName, (it) => it && { ...it, traffic: { [name]: 100 } });
    return showDeployment(workspace, host, endpointName, name);
  });
}

/** The file of a deployment with the flags laid over it, checked, and right from every folder. */
async function readDeployment(given: Document, request: DeploymentRequest): Promise<JsonObject> {
  const flags = { name: request.name, endpoint_name: request.endpointName };
  const value = withFlags(given, flags, request.set);
  const document = await withEnvironmentFile({ ...given, value });
  return withAbsolutePaths(
    checkDeployment(document.value, document),
    path.dirname(path.resolve(document.file)),
  );
}

async function bringUp(
  workspace: AzureWorkspace,
  endpointName: string,
  value: JsonObject,
  plan: LaunchPlan,
  before: DeploymentRecord | undefined,
  host: ServiceHost,
  say: Say,
  signal: AbortSignal,
): Promise<void> {
  const name = String(value.name);
  const place = placeOf(endpointName, name);
  const revision = (before?.revision ?? 0) + 1;
  const directory = workspace.serviceDirectory(place, revision);
  await endUnknown(host, workspace.serviceDirectory(place), before?.running?.pid);
  await workspace.removeServiceFiles(place, revision);
  const put = (running: DeploymentRecord['running'], error: string | null) =>
    workspace.changeEndpoint(endpointName, (endpoint) => {
      if (!endpoint) return undefined;
      const record = recordOf(value, plan, before, revision, running, error);
      const others = endpoint.deployments.filter((it) => it.name !== name);
      return { ...endpoint, deployments: [...others, record] };
    });
  try {
    const files = { directory, eventLog: workspace.eventLog(place, revision), keyFile: undefined };
    const started = await launch(workspace, plan, files, host, say, signal);
    const { pid, scoringUri } = started;
    await put({ pid, port: Number(new URL(scoringUri).port), scoringUri }, null);
    await started.keep();
  } catch (error) {
    await workspace.removeServiceFiles(place, revision);
    if (signal.aborted) throw error;
    if (!before?.running) await put(null, toTritonLocalError(error).message);
    throw deploymentFailed(error, endpointName, name);
  }
  // The door knows the new one by now; what the old one had accepted is answered before it ends.
  if (!before) return;
  if (before.running) await stopService(host, before.running.pid);
  await workspace.removeServiceFiles(place, before.revision);
}

function deploymentFailed(thrown: unknown, endpoint: string, name: string): Error {
  const { message, hint, location } = toTritonLocalError(thrown);
  return userError(
    'DEPLOYMENT_FAILED',
    `(ResourceNotReady) User container has crashed or terminated: ${message}`,
    {
      hint: hint ?? `npx triton-local online-deployment get-logs -e ${endpoint} -n ${name}`,
      cause: thrown,
      ...(location && { location }),
    },
  );
}

function recordOf(
  value: JsonObject,
  plan: LaunchPlan,
  before: DeploymentRecord | undefined,
  revision: number,
  running: DeploymentRecord['running'],
  error: string | null,
): DeploymentRecord {
  const [model] = plan.models;
  return {
    name: String(value.name),
    definition: value,
    modelId: model ? idOf(model) : null,
    deployment: plan.inference ? 'script' : 'no-code',
    createdTime: before?.createdTime ?? new Date().toISOString(),
    revision,
    running,
    error,
  };
}

function notFound(endpoint: string, name: string): Error {
  return userError(
    'DEPLOYMENT_NOT_FOUND',
    `(ResourceNotFound) The deployment ${name} of endpoint ${endpoint} was not found.`,
  );
}

function deploymentIn(state: AzureState, endpointName: string, name: string): DeploymentRecord {
  const found = endpointIn(state, endpointName).deployments.find((it) => it.name === name);
  if (found) return found;
  throw notFound(endpointName, name);
}

/** `az ml online-deployment show`. @throws ENDPOINT_NOT_FOUND, DEPLOYMENT_NOT_FOUND */
export async function showDeployment(
  workspace: AzureWorkspace,
  host: ServiceHost,
  endpointName: string,
  name: string,
): Promise<JsonObject> {
  const deployment = deploymentIn(await workspace.read(), endpointName, name);
  return deploymentJson(deployment, endpointName, await runningPids(host));
}

/** `az ml online-deployment list`. @throws ENDPOINT_NOT_FOUND */
export async function listDeployments(
  workspace: AzureWorkspace,
  host: ServiceHost,
  endpointName: string,
): Promise<JsonObject[]> {
  const { deployments } = endpointIn(await workspace.read(), endpointName);
  const pids = await runningPids(host);
  return deployments.map((deployment) => deploymentJson(deployment, endpointName, pids));
}

/**
 * A deployment as az prints it: its file with the defaults filled in
 * (docs/reference/azureml.md#online-endpoints-and-deployments), and where it stands.
 */
function deploymentJson(
  { name, definition, modelId, running, error }: DeploymentRecord,
  endpointName: string,
  pids: ReadonlySet<number>,
): JsonObject {
  const { $schema: _schema, ...given } = definition;
  return {
    app_insights_enabled: false,
    instance_count: 1,
    instance_type: 'local',
    type: 'managed',
    ...given,
    name,
    endpoint_name: endpointName,
    model: modelId === null ? null : `azureml:${modelId}`,
    request_settings: {
      max_concurrent_requests_per_instance: 1,
      max_queue_wait_ms: 500,
      request_timeout_ms: 5_000,
      ...objectIn(definition, 'request_settings'),
    },
    provisioning_state: running && pids.has(running.pid) ? 'Succeeded' : 'Failed',
    ...(error !== null && { error }),
  };
}

/** `az ml online-deployment get-logs`. @throws ENDPOINT_NOT_FOUND, DEPLOYMENT_NOT_FOUND */
export async function getDeploymentLogs(
  workspace: AzureWorkspace,
  endpointName: string,
  name: string,
  lines: number,
): Promise<string> {
  const { revision, running, error } = deploymentIn(await workspace.read(), endpointName, name);
  const eventLog = workspace.eventLog(placeOf(endpointName, name), revision);
  return logText(eventLog, running ? null : error, lines);
}

/** `az ml online-deployment delete`. @throws AZUREML_REFUSED for one that still has traffic. */
export function deleteDeployment(
  workspace: AzureWorkspace,
  host: ServiceHost,
  endpointName: string,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  return inTurn(workspace, ENDPOINTS + endpointName, signal, async () => {
    const state = await workspace.read();
    const deployment = deploymentIn(state, endpointName, name);
    const percent = ownValue(endpointIn(state, endpointName).traffic, name) ?? 0;
    if (percent > 0) {
      throw refusal(`Deployment ${name} has ${percent}% of the traffic and cannot be deleted.`, {
        hint: `npx triton-local online-endpoint update -n ${endpointName} --traffic "${name}=0"`,
      });
    }
    await workspace.changeEndpoint(
      endpointName,
      (it) => it && { ...it, deployments: it.deployments.filter((one) => one.name !== name) },
    );
    if (deployment.running) await stopService(host, deployment.running.pid);
    await endUnknown(host, workspace.serviceDirectory(placeOf(endpointName, name)), undefined);
    await workspace.removeServiceFiles(placeOf(endpointName, name));
  });
}
