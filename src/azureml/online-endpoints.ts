import { ownValue, userError } from '../base/index.ts';
import {
  type AzureState,
  type AzureWorkspace,
  ENDPOINTS,
  type EndpointRecord,
  type JsonObject,
  type Labels,
  serviceKeys,
} from '../workspace/index.ts';
import { inTurn } from './deploy.ts';
import { type Document, objectIn, textIn } from './document.ts';
import { textsOf } from './labels.ts';
import type { Say } from './models.ts';
import { checkEndpoint, checkOnlineName, checkTraffic, requireMember } from './online-schema.ts';
import { endUnknown, runningPids, type ServiceHost, startDoor, stopService } from './service-host.ts';
import { withFlags } from './settings-path.ts';

/** An endpoint as it was asked for: its file, with flags laid over it. */
export interface EndpointRequest {
  readonly document: Document | undefined;
  readonly name: string | undefined;
  readonly authMode: string | undefined;
  readonly profile: string | undefined;
  /** `--local`: without the limits of the cloud, unless `profile` says otherwise. */
  readonly local: boolean;
  readonly set: readonly string[];
}

const AUTH_MODES = ['key', 'aml_token', 'aad_token'] as const;
const PROFILES = ['none', 'managed'] as const;

/** `az ml online-endpoint create`: opens its door. One that is there is changed, as az does. */
export async function createEndpoint(
  workspace: AzureWorkspace,
  request: EndpointRequest,
  host: ServiceHost,
  say: Say,
  signal: AbortSignal,
): Promise<JsonObject> {
  const value = requestedValue(request, {});
  const name = request.name ?? requireMember(value, 'name', request.document);
  checkOnlineName(name, 'an endpoint');
  return inTurn(workspace, ENDPOINTS + name, signal, async () => {
    const before = (await workspace.read()).endpoints.find((it) => it.name === name);
    const record = recordOf(name, value, before, request);
    checkTraffic(
      record.traffic,
      record.deployments.map((it) => it.name),
      request.document,
    );
    tellProfile(before, record, say);
    await serviceKeys(workspace.keyFile(ENDPOINTS + name));
    await workspace.changeEndpoint(name, () => record);
    try {
      await openDoor(workspace, record, host, signal);
    } catch (error) {
      await workspace.changeEndpoint(name, () => before);
      throw error;
    }
    return showEndpoint(workspace, host, name);
  });
}

/** What a change of an endpoint asks for, besides what its file says. */
export interface EndpointChange extends EndpointRequest {
  /** `blue=90` each; undefined leaves the split as it is. */
  readonly traffic: Labels | undefined;
}

/** `az ml online-endpoint update`: counts from the next request on; also opens a door that is shut. */
export async function updateEndpoint(
  workspace: AzureWorkspace,
  request: EndpointChange,
  host: ServiceHost,
  say: Say,
  signal: AbortSignal,
): Promise<JsonObject> {
  const name = request.name ?? requireMember(request.document?.value ?? {}, 'name', request.document);
  return inTurn(workspace, ENDPOINTS + name, signal, async () => {
    const before = endpointIn(await workspace.read(), name);
    const value = requestedValue(request, { ...before.definition, traffic: before.traffic });
    const traffic =
      request.traffic && Object.entries(request.traffic).map(([key, text]) => [key, Number(text)]);
    const changed = traffic ? { ...value, traffic: Object.fromEntries(traffic) } : value;
    const record = recordOf(name, changed, before, request);
    checkTraffic(
      record.traffic,
      record.deployments.map((it) => it.name),
      request.document,
    );
    tellProfile(before, record, say);
    await workspace.changeEndpoint(name, () => record);
    await openDoor(workspace, record, host, signal);
    return showEndpoint(workspace, host, name);
  });
}

function requestedValue(request: EndpointRequest, under: JsonObject): JsonObject {
  const { document } = request;
  const flags = { name: request.name, auth_mode: request.authMode };
  return checkEndpoint({ ...under, ...withFlags(document, flags, request.set) }, document);
}

function recordOf(
  name: string,
  value: JsonObject,
  before: EndpointRecord | undefined,
  request: EndpointRequest,
): EndpointRecord {
  const { traffic: _traffic, ...definition } = value;
  return {
    name,
    authMode: oneOf(
      AUTH_MODES,
      request.authMode ?? textIn(value, 'auth_mode') ?? before?.authMode ?? 'key',
      'auth_mode',
    ),
    profile: oneOf(
      PROFILES,
      request.profile ?? before?.profile ?? (request.local ? 'none' : 'managed'),
      '--profile',
    ),
    description: textIn(value, 'description') ?? null,
    tags: textsOf(objectIn(value, 'tags')),
    properties: textsOf(objectIn(value, 'properties')),
    traffic: percentsOf(objectIn(value, 'traffic')),
    createdTime: before?.createdTime ?? new Date().toISOString(),
    definition,
    running: before?.running ?? null,
    deployments: before?.deployments ?? [],
  };
}

/** A deployment is started with its limits, and keeps them. */
function tellProfile(before: EndpointRecord | undefined, { profile }: EndpointRecord, say: Say): void {
  if (before && before.profile !== profile && before.deployments.some(({ running }) => running))
    say(`WARNING: --profile ${profile} counts for each deployment from its next update on`);
}

/** The choice that was meant, whatever its case. @throws AZUREML_REFUSED as azure-ai-ml says it. */
export function oneOf<Choice extends string>(
  choices: readonly Choice[],
  value: string,
  what: string,
): Choice {
  const found = choices.find((choice) => choice === value.toLowerCase());
  if (found) return found;
  throw userError(
    'AZUREML_REFUSED',
    `${what}: Value '${value}' passed is not in set ${JSON.stringify(choices)}`,
  );
}

/** What is not a number stays as it is given, for the check to name. */
const percentsOf = (value: JsonObject = {}): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(value).map(([name, percent]) => [name, percent as number]));

/** Opens the door where it is shut, at the port that it had. */
async function openDoor(
  workspace: AzureWorkspace,
  { name, running }: EndpointRecord,
  host: ServiceHost,
  signal: AbortSignal,
): Promise<void> {
  if (running && (await runningPids(host)).has(running.pid)) return;
  const started = await startDoor(host, workspace, name, running?.port, signal);
  const port = Number(new URL(started.scoringUri).port);
  await workspace.changeEndpoint(name, (now) => now && { ...now, running: { pid: started.pid, port } });
  await started.keep();
}

/** The endpoint of this name. @throws ENDPOINT_NOT_FOUND */
export function endpointIn({ endpoints }: AzureState, name: string): EndpointRecord {
  const found = endpoints.find((endpoint) => endpoint.name === name);
  if (found) return found;
  const names = endpoints.map((endpoint) => endpoint.name);
  throw userError('ENDPOINT_NOT_FOUND', `(ResourceNotFound) The endpoint ${name} was not found.`, {
    hint:
      names.length > 0
        ? `there are: ${names.join(', ')}`
        : `npx triton-local online-endpoint create -n ${name}`,
  });
}

/** `az ml online-endpoint show`. @throws ENDPOINT_NOT_FOUND */
export async function showEndpoint(
  workspace: AzureWorkspace,
  host: ServiceHost,
  name: string,
): Promise<JsonObject> {
  return endpointJson(endpointIn(await workspace.read(), name), await runningPids(host));
}

/** `az ml online-endpoint list` */
export async function listEndpoints(workspace: AzureWorkspace, host: ServiceHost): Promise<JsonObject[]> {
  const pids = await runningPids(host);
  return (await workspace.read()).endpoints.map((endpoint) => endpointJson(endpoint, pids));
}

/** An endpoint as az prints it. Deployments without traffic are shown with 0, as az does. */
export function endpointJson(endpoint: EndpointRecord, pids: ReadonlySet<number>): JsonObject {
  const { name, running, deployments, traffic } = endpoint;
  const base = running && `http://localhost:${running.port}`;
  return {
    name,
    auth_mode: endpoint.authMode,
    description: endpoint.description,
    id: `local/onlineEndpoints/${name}`,
    kind: 'Managed',
    location: 'local',
    mirror_traffic: {},
    openapi_uri: base && `${base}/swagger.json`,
    properties: endpoint.properties,
    provisioning_state: running && pids.has(running.pid) ? 'Succeeded' : 'Failed',
    public_network_access: 'enabled',
    scoring_uri: base && (servesTritonAlone(endpoint) ? `${base}/` : `${base}/score`),
    tags: endpoint.tags,
    traffic: Object.fromEntries(deployments.map((it) => [it.name, ownValue(traffic, it.name) ?? 0])),
  };
}

/**
 * The scoring URI loses `/score` once what has traffic is Triton itself
 * (docs/reference/azureml.md#triton-without-code-in-v2).
 */
function servesTritonAlone({ deployments, traffic }: EndpointRecord): boolean {
  const asked = deployments.filter(({ name }) => (ownValue(traffic, name) ?? 0) > 0);
  return asked.length > 0 && asked.every(({ deployment }) => deployment === 'no-code');
}

/** `az ml online-endpoint delete`: its deployments end with it. @throws ENDPOINT_NOT_FOUND */
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
