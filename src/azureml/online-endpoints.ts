import { ownValue } from '../base/index.ts';
import {
  type AzureWorkspace,
  ENDPOINTS,
  type EndpointRecord,
  type JsonObject,
  serviceKeys,
} from '../workspace/index.ts';
import { inTurn } from './deploy.ts';
import type { Notify } from './models.ts';
import {
  type EndpointChange,
  type EndpointRequest,
  endpointName,
  notifyProfile,
  planEndpoint,
  planEndpointChange,
} from './online-endpoint-plan.ts';
import { type EndpointStatus, endpointIn, endpointStatus, endpointStatuses } from './online-state.ts';
import {
  endUnknown,
  runningPids,
  type ServiceHost,
  startEndpointProxy,
  stopService,
} from './service-host.ts';

/**
 * Checks an endpoint to be created or replaced, and records a new one, which `createEndpoint` then starts.
 * @throws AZUREML_REFUSED
 */
export async function prepareEndpoint(workspace: AzureWorkspace, request: EndpointRequest): Promise<void> {
  const { before, record } = planEndpoint(await workspace.read(), request);
  if (!before) await workspace.changeEndpoint(record.name, (now) => now ?? record);
}

/** `az ml online-endpoint create`: starts its proxy; updates an existing endpoint, as az does. */
export async function createEndpoint(
  workspace: AzureWorkspace,
  request: EndpointRequest,
  host: ServiceHost,
  notify: Notify,
  signal: AbortSignal,
): Promise<JsonObject> {
  const { name } = planEndpoint(await workspace.read(), request).record;
  return inTurn(workspace, ENDPOINTS + name, signal, async () => {
    const { before, record } = planEndpoint(await workspace.read(), request);
    notifyProfile(before, record, notify);
    await serviceKeys(workspace.keyFile(ENDPOINTS + name));
    await workspace.changeEndpoint(name, () => record);
    try {
      await openEndpoint(workspace, record, host, signal);
    } catch (error) {
      await workspace.changeEndpoint(name, () => before);
      throw error;
    }
    return showEndpoint(workspace, host, name);
  });
}

/** `az ml online-endpoint update`: applies from the next request; also restarts a stopped proxy. */
export async function updateEndpoint(
  workspace: AzureWorkspace,
  request: EndpointChange,
  host: ServiceHost,
  notify: Notify,
  signal: AbortSignal,
): Promise<JsonObject> {
  const name = endpointName(request);
  return inTurn(workspace, ENDPOINTS + name, signal, async () => {
    const { before, record } = planEndpointChange(await workspace.read(), request);
    notifyProfile(before, record, notify);
    await workspace.changeEndpoint(name, () => record);
    await openEndpoint(workspace, record, host, signal);
    return showEndpoint(workspace, host, name);
  });
}

/** Starts the endpoint's proxy on its previous port, unless it is running. */
async function openEndpoint(
  workspace: AzureWorkspace,
  { name, running }: EndpointRecord,
  host: ServiceHost,
  signal: AbortSignal,
): Promise<void> {
  if (running && (await runningPids(host)).has(running.pid)) return;
  const started = await startEndpointProxy(host, workspace, name, running?.port, signal);
  const port = Number(new URL(started.scoringUri).port);
  await workspace.changeEndpoint(name, (now) => now && { ...now, running: { pid: started.pid, port } });
  await started.keep();
}

/** `az ml online-endpoint show`. @throws ENDPOINT_NOT_FOUND */
export async function showEndpoint(
  workspace: AzureWorkspace,
  host: ServiceHost,
  name: string,
): Promise<JsonObject> {
  return endpointJson(await endpointStatus(workspace, host, name));
}

/** `az ml online-endpoint list` */
export async function listEndpoints(workspace: AzureWorkspace, host: ServiceHost): Promise<JsonObject[]> {
  return (await endpointStatuses(workspace, host)).map(endpointJson);
}

/** An endpoint as az prints it. Deployments without traffic are shown with 0, as in az. */
function endpointJson(status: EndpointStatus): JsonObject {
  const { endpoint } = status;
  const { name, running, deployments, traffic, definition } = endpoint;
  const base = running && `http://localhost:${running.port}`;
  return {
    name,
    auth_mode: endpoint.authMode,
    ...(definition.compute !== undefined && { compute: definition.compute }),
    description: endpoint.description,
    id: `local/onlineEndpoints/${name}`,
    ...(definition.identity !== undefined && { identity: definition.identity }),
    kind: definition.compute === undefined ? 'Managed' : 'K8S',
    location: 'local',
    mirror_traffic: endpoint.mirrorTraffic ?? {},
    openapi_uri: base && `${base}/swagger.json`,
    properties: endpoint.properties,
    provisioning_state: status.provisioningState,
    public_network_access: definition.public_network_access ?? 'enabled',
    scoring_uri: scoringUri(status),
    tags: endpoint.tags,
    traffic: Object.fromEntries(deployments.map((it) => [it.name, ownValue(traffic, it.name) ?? 0])),
  };
}

/** The scoring URI as az prints it; null while the endpoint is not running. */
export function scoringUri({ endpoint, servesTritonAlone }: EndpointStatus): string | null {
  if (!endpoint.running) return null;
  return `http://localhost:${endpoint.running.port}/${servesTritonAlone ? '' : 'score'}`;
}

/** `az ml online-endpoint delete`: also stops its deployments. @throws ENDPOINT_NOT_FOUND */
export function deleteEndpoint(
  workspace: AzureWorkspace,
  host: ServiceHost,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  return inTurn(workspace, ENDPOINTS + name, signal, async () => {
    const { running, deployments } = endpointIn(await workspace.read(), name);
    for (const part of [{ running }, ...deployments])
      if (part.running) await stopService(host, part.running.pid);
    await endUnknown(host, workspace.serviceDirectory(ENDPOINTS + name), undefined);
    await workspace.changeEndpoint(name, () => undefined);
    await workspace.removeServiceFiles(ENDPOINTS + name);
  });
}
