import { ownValue, userError } from '../base/index.ts';
import {
  type AzureState,
  type AzureWorkspace,
  type DeploymentRecord,
  ENDPOINTS,
  type EndpointRecord,
  type OperationRecord,
} from '../workspace/index.ts';
import { runningPids, type ServiceHost } from './service-host.ts';

/** Azure's state of an endpoint or a deployment. */
export type ProvisioningState = 'Creating' | 'Updating' | 'Deleting' | 'Succeeded' | 'Failed';

export interface EndpointStatus {
  readonly endpoint: EndpointRecord;
  readonly provisioningState: ProvisioningState;
  /**
   * Whether traffic goes to Triton itself; the scoring URI then has no `/score`
   * (docs/reference/azureml.md#triton-without-code-in-v2).
   */
  readonly servesTritonAlone: boolean;
}

export interface DeploymentStatus {
  readonly deployment: DeploymentRecord;
  readonly provisioningState: ProvisioningState;
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

export function deploymentNotFound(endpoint: string, name: string): Error {
  return userError(
    'DEPLOYMENT_NOT_FOUND',
    `(ResourceNotFound) The deployment ${name} of endpoint ${endpoint} was not found.`,
  );
}

/** The deployment of this name. @throws ENDPOINT_NOT_FOUND, DEPLOYMENT_NOT_FOUND */
export function deploymentIn(state: AzureState, endpointName: string, name: string): DeploymentRecord {
  const found = endpointIn(state, endpointName).deployments.find((it) => it.name === name);
  if (found) return found;
  throw deploymentNotFound(endpointName, name);
}

/** The folder of a deployment's files within its endpoint. */
export const placeOf = (endpoint: string, name: string) => `${ENDPOINTS}${endpoint}/${name}`;

/** @throws ENDPOINT_NOT_FOUND */
export async function endpointStatus(
  workspace: AzureWorkspace,
  host: ServiceHost,
  name: string,
): Promise<EndpointStatus> {
  const state = await workspace.read();
  return statusOf(state, endpointIn(state, name), await runningPids(host));
}

export async function endpointStatuses(
  workspace: AzureWorkspace,
  host: ServiceHost,
): Promise<EndpointStatus[]> {
  const [state, pids] = [await workspace.read(), await runningPids(host)];
  return state.endpoints.map((endpoint) => statusOf(state, endpoint, pids));
}

/** @throws ENDPOINT_NOT_FOUND */
export async function deploymentStatuses(
  workspace: AzureWorkspace,
  host: ServiceHost,
  endpointName: string,
): Promise<DeploymentStatus[]> {
  const [state, pids] = [await workspace.read(), await runningPids(host)];
  return endpointIn(state, endpointName).deployments.map((deployment) => ({
    deployment,
    provisioningState: stateOf(state, resourceOf(endpointName, deployment.name), deployment, pids),
  }));
}

/** The path of an endpoint or a deployment in the workspace, as its operations name it. */
export function resourceOf(endpoint: string, deployment?: string): string {
  return `onlineEndpoints/${endpoint}${deployment === undefined ? '' : `/deployments/${deployment}`}`;
}

function statusOf(state: AzureState, endpoint: EndpointRecord, pids: ReadonlySet<number>): EndpointStatus {
  const { name, deployments, traffic } = endpoint;
  const serving = deployments.filter((it) => (ownValue(traffic, it.name) ?? 0) > 0);
  return {
    endpoint,
    provisioningState: stateOf(state, resourceOf(name), endpoint, pids),
    servesTritonAlone: serving.length > 0 && serving.every(({ deployment }) => deployment === 'no-code'),
  };
}

function stateOf(
  { operations }: AzureState,
  resource: string,
  { running }: Pick<EndpointRecord | DeploymentRecord, 'running'>,
  pids: ReadonlySet<number>,
): ProvisioningState {
  const current = operations.filter(({ status }) => status === 'InProgress');
  if (current.some((it) => it.kind === 'delete' && isAbove(it, resource))) return 'Deleting';
  if (current.some((it) => it.resource === resource)) return running ? 'Updating' : 'Creating';
  return running && pids.has(running.pid) ? 'Succeeded' : 'Failed';
}

const isAbove = (operation: OperationRecord, resource: string) =>
  resource === operation.resource || resource.startsWith(`${operation.resource}/`);
