import { userError } from '../base/index.ts';
import {
  type AzureState,
  type AzureWorkspace,
  type JsonObject,
  type ServiceRecord,
  serviceKeys,
} from '../workspace/index.ts';
import { hasLabel } from './labels.ts';
import { logText } from './log-text.ts';
import { runningPids, type ServiceHost } from './service-host.ts';
import { serviceJson } from './service-json.ts';

export interface ServiceFilter {
  readonly computeType?: string | undefined;
  readonly modelName?: string | undefined;
  readonly modelId?: string | undefined;
  readonly tags?: readonly string[];
  readonly properties?: readonly string[];
}

/** `az ml service list`, newest first. */
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

/** The service of this name. @throws SERVICE_NOT_FOUND */
export function serviceIn({ services }: AzureState, name: string): ServiceRecord {
  const found = services.find((service) => service.name === name);
  if (found) return found;
  const names = services.map((service) => service.name);
  throw userError(
    'SERVICE_NOT_FOUND',
    `WebserviceNotFound: Webservice with name ${name} not found in provided workspace`,
    { hint: names.length > 0 ? `available: ${names.join(', ')}` : 'no service has been deployed here' },
  );
}

/** `az ml service get-logs`: the last lines of the service's log. @throws SERVICE_NOT_FOUND */
export async function getLogs(workspace: AzureWorkspace, name: string, lines: number): Promise<string> {
  const { revision, error, running } = serviceIn(await workspace.read(), name);
  return logText(workspace.eventLog(name, revision), running ? null : error, lines);
}

const RUN_LIMIT_MS = 600_000;

/**
 * `az ml service run`: posts to the scoring URI and returns the answer, parsed if it is JSON.
 * @throws SERVICE_NOT_FOUND; SCORING_FAILED with status and body.
 */
export async function runService(workspace: AzureWorkspace, name: string, input: string): Promise<unknown> {
  const { running, computeType } = serviceIn(await workspace.read(), name);
  if (!running) throw userError('SERVICE_STOPPED', `service ${name} is not running`);
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
