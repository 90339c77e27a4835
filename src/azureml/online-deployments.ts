import { ownValue } from '../base/index.ts';
import {
  type AzureState,
  type AzureWorkspace,
  ENDPOINTS,
  type EndpointRecord,
  type JsonObject,
} from '../workspace/index.ts';
import { inTurn } from './deploy.ts';
import { objectIn } from './document.ts';
import { logText } from './log-text.ts';
import {
  type DeploymentStatus,
  deploymentIn,
  deploymentNotFound,
  deploymentStatuses,
  endpointIn,
  placeOf,
} from './online-state.ts';
import { refusal } from './refusal.ts';
import { endUnknown, type ServiceHost, stopService } from './service-host.ts';

/** The cloud's request settings, for what a deployment leaves out. */
export const DEFAULT_REQUEST_SETTINGS = {
  max_concurrent_requests_per_instance: 1,
  max_queue_wait_ms: 500,
  request_timeout_ms: 5_000,
};

/** `az ml online-deployment show`. @throws ENDPOINT_NOT_FOUND, DEPLOYMENT_NOT_FOUND */
export async function showDeployment(
  workspace: AzureWorkspace,
  host: ServiceHost,
  endpointName: string,
  name: string,
): Promise<JsonObject> {
  const all = await deploymentStatuses(workspace, host, endpointName);
  const found = all.find(({ deployment }) => deployment.name === name);
  if (!found) throw deploymentNotFound(endpointName, name);
  return deploymentJson(found, endpointName);
}

/** `az ml online-deployment list`. @throws ENDPOINT_NOT_FOUND */
export async function listDeployments(
  workspace: AzureWorkspace,
  host: ServiceHost,
  endpointName: string,
): Promise<JsonObject[]> {
  const all = await deploymentStatuses(workspace, host, endpointName);
  return all.map((status) => deploymentJson(status, endpointName));
}

/**
 * A deployment as az prints it: its file with defaults (docs/reference/azureml.md#online-endpoints-and-deployments),
 * and its state.
 */
function deploymentJson(
  { deployment, provisioningState }: DeploymentStatus,
  endpointName: string,
): JsonObject {
  const { name, definition, modelId, error } = deployment;
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
    request_settings: { ...DEFAULT_REQUEST_SETTINGS, ...objectIn(definition, 'request_settings') },
    provisioning_state: provisioningState,
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
  // A deployment that has not yet served or failed is on its first attempt.
  const attempt = running || error !== null ? revision : revision + 1;
  const eventLog = workspace.eventLog(placeOf(endpointName, name), attempt);
  return logText(eventLog, running ? null : error, lines);
}

/** @throws AZUREML_REFUSED if a deployment has traffic, and cannot be deleted. */
export function checkDeletable(state: AzureState, endpointName: string, name: string): void {
  const percent = ownValue(endpointIn(state, endpointName).traffic, name) ?? 0;
  if (percent === 0) return;
  throw refusal(`Deployment ${name} has ${percent}% of the traffic and cannot be deleted.`, {
    hint: `npx triton-local online-endpoint update -n ${endpointName} --traffic "${name}=0"`,
  });
}

/** `az ml online-deployment delete`. @throws AZUREML_REFUSED while it has traffic. */
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
    checkDeletable(state, endpointName, name);
    await workspace.changeEndpoint(endpointName, (it) => it && withoutDeployment(it, name));
    if (deployment.running) await stopService(host, deployment.running.pid);
    await endUnknown(host, workspace.serviceDirectory(placeOf(endpointName, name)), undefined);
    await workspace.removeServiceFiles(placeOf(endpointName, name));
  });
}

function withoutDeployment(endpoint: EndpointRecord, name: string): EndpointRecord {
  const { [name]: _mirrored, ...mirrorTraffic } = endpoint.mirrorTraffic ?? {};
  const deployments = endpoint.deployments.filter((one) => one.name !== name);
  return { ...endpoint, mirrorTraffic, deployments };
}
