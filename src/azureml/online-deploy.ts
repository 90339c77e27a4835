import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { toTritonLocalError, userError } from '../base/index.ts';
import {
  type AzureWorkspace,
  type DeploymentRecord,
  ENDPOINTS,
  idOf,
  type JsonObject,
  type ResourceIds,
} from '../workspace/index.ts';
import { inTurn } from './deploy.ts';
import type { Document } from './document.ts';
import { type LaunchPlan, launch } from './launch.ts';
import type { Notify } from './models.ts';
import { showDeployment } from './online-deployments.ts';
import { planOnline, withAbsolutePaths } from './online-plan.ts';
import { checkDeployment, requireMember } from './online-schema.ts';
import { deploymentNotFound, endpointIn, placeOf } from './online-state.ts';
import { endUnknown, type ServiceHost, stopService } from './service-host.ts';
import { applySet, withFlags } from './settings-path.ts';
import { withEnvironmentFile } from './yaml/index.ts';

/** A requested deployment: its file and flags. */
export interface DeploymentRequest {
  readonly document: Document | undefined;
  readonly name: string | undefined;
  readonly endpointName: string | undefined;
  readonly set: readonly string[];
  /** Gives the deployment all traffic once it is ready. */
  readonly allTraffic: boolean;
  /** `--local`: az runs it in a container on this machine, without the cloud's front end. */
  readonly local: boolean;
  /** `--local-enable-gpu` */
  readonly gpu: boolean;
  /** The resource ids behind the paths of the file, if Azure's SDK requested the deployment. */
  readonly resourceIds?: ResourceIds;
}

/** A checked deployment, and the one that it replaces. */
interface OnlinePlan {
  readonly value: JsonObject;
  readonly launch: LaunchPlan;
  readonly before: DeploymentRecord | undefined;
}

/**
 * Checks a deployment and records a new one, which `deployOnline` then starts. Its model must be registered.
 * @throws AZUREML_REFUSED, ENDPOINT_NOT_FOUND, MODEL_NOT_FOUND, ENVIRONMENT_NOT_FOUND
 */
export async function prepareDeployment(
  workspace: AzureWorkspace,
  request: DeploymentRequest,
): Promise<void> {
  const given = request.document && (await readDeployment(request.document, request));
  const { endpointName, name } = namesOf(request, given);
  const { value, launch: plan, before } = await planDeployment(workspace, request, given, () => undefined);
  if (before) return;
  const record = recordOf(value, plan, request, undefined, 0, null, null);
  await workspace.changeEndpoint(
    endpointName,
    (it) =>
      it && {
        ...it,
        deployments: it.deployments.some((one) => one.name === name)
          ? it.deployments
          : [...it.deployments, record],
      },
  );
}

/**
 * `az ml online-deployment create` and `update`: starts it beside the one of that name, which serves until the new one
 * is ready, and stays if the new one fails.
 * @throws AZUREML_REFUSED, ENDPOINT_NOT_FOUND, MODEL_NOT_FOUND before anything starts; DEPLOYMENT_FAILED.
 */
export async function deployOnline(
  workspace: AzureWorkspace,
  request: DeploymentRequest,
  host: ServiceHost,
  notify: Notify,
  signal: AbortSignal,
): Promise<JsonObject> {
  const given = request.document && (await readDeployment(request.document, request));
  const { endpointName, name } = namesOf(request, given);
  return inTurn(workspace, ENDPOINTS + endpointName, signal, async () => {
    const plan = await planDeployment(workspace, request, given, notify);
    notify(`Creating/updating online deployment ${name}`);
    await bringUp(workspace, endpointName, request, plan, host, notify, signal);
    if (request.allTraffic)
      await workspace.changeEndpoint(endpointName, (it) => it && { ...it, traffic: { [name]: 100 } });
    return showDeployment(workspace, host, endpointName, name);
  });
}

function namesOf({ endpointName, name, document }: DeploymentRequest, given: JsonObject = {}) {
  return {
    endpointName: endpointName ?? requireMember(given, 'endpoint_name', document),
    name: name ?? requireMember(given, 'name', document),
  };
}

async function planDeployment(
  workspace: AzureWorkspace,
  request: DeploymentRequest,
  given: JsonObject | undefined,
  notify: Notify,
): Promise<OnlinePlan> {
  const { endpointName, name } = namesOf(request, given);
  const endpoint = endpointIn(await workspace.read(), endpointName);
  const before = endpoint.deployments.find((it) => it.name === name);
  if (!given && !before) throw deploymentNotFound(endpointName, name);
  const value = given ?? checkDeployment(applySet(before?.definition ?? {}, request.set), undefined);
  const limited = !request.local && endpoint.profile === 'managed';
  const plan = await planOnline(workspace, value, { gpu: request.gpu, limited }, notify);
  return { value, launch: plan, before };
}

/** The checked file of a deployment with the flags applied and its paths made absolute. */
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
  request: DeploymentRequest,
  { value, launch: plan, before }: OnlinePlan,
  host: ServiceHost,
  notify: Notify,
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
      const record = recordOf(value, plan, request, before, revision, running, error);
      const others = endpoint.deployments.filter((it) => it.name !== name);
      return { ...endpoint, deployments: [...others, record] };
    });
  try {
    const files = { directory, eventLog: workspace.eventLog(place, revision), keyFile: undefined };
    const started = await launch(workspace, plan, files, host, notify, signal);
    const { pid, scoringUri } = started;
    await put({ pid, port: Number(new URL(scoringUri).port), scoringUri }, null);
    await started.keep();
  } catch (error) {
    await workspace.removeServiceFiles(place, revision);
    if (signal.aborted) throw error;
    if (!before?.running) await put(null, toTritonLocalError(error).message);
    throw deploymentFailed(error, endpointName, name);
  }
  // The proxy reads the new record by now; the old deployment drains before it ends.
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
  { resourceIds }: DeploymentRequest,
  before: DeploymentRecord | undefined,
  revision: number,
  running: DeploymentRecord['running'],
  error: string | null,
): DeploymentRecord {
  const [model] = plan.models;
  const now = new Date().toISOString();
  const ids =
    resourceIds ?? (before && isSameCode(value, before.definition) ? before.resourceIds : undefined);
  return {
    name: String(value.name),
    definition: value,
    modelId: model ? idOf(model) : null,
    deployment: plan.inference ? 'script' : 'no-code',
    createdTime: before?.createdTime ?? now,
    updatedTime: now,
    ...(ids && { resourceIds: ids }),
    revision,
    running,
    error,
  };
}

/** Whether a change by az leaves code and environment as Azure's SDK defined them. */
function isSameCode(value: JsonObject, before: JsonObject): boolean {
  return (
    isDeepStrictEqual(value.code_configuration, before.code_configuration) &&
    isDeepStrictEqual(value.environment, before.environment)
  );
}
