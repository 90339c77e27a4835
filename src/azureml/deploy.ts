import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { systemError, TritonLocalError, toTritonLocalError, userError, withFileLock } from '../base/index.ts';
import type { DetachedEmulator } from '../control/index.ts';
import {
  type AzureWorkspace,
  idOf,
  type JsonObject,
  replaceServiceKeys,
  type ServiceRecord,
  serviceKeys,
} from '../workspace/index.ts';
import { collectionOfConfig } from './data-collection.ts';
import { launch } from './launch.ts';
import type { Notify } from './models.ts';
import {
  checkPort,
  endUnknown,
  publishService,
  returnToPort,
  type ServiceHost,
  stopService,
  takePort,
} from './service-host.ts';
import { serviceJson } from './service-json.ts';
import { type DeployRequest, planService, type ServicePlan } from './service-plan.ts';

/**
 * `az ml model deploy`: starts a service as a process of its own on its own port. A service of that name keeps serving
 * until the new one is ready, and stays if the new one fails.
 * @throws AZUREML_REFUSED, MODEL_NOT_FOUND, SERVICE_EXISTS before anything starts; DEPLOYMENT_FAILED with the place in
 * the user's file.
 */
export async function deployModel(
  workspace: AzureWorkspace,
  request: DeployRequest,
  host: ServiceHost,
  notify: Notify,
  signal: AbortSignal,
): Promise<JsonObject> {
  const plan = await planService(workspace, request, notify);
  return inTurn(workspace, plan.name, signal, async () => {
    const before = (await workspace.read()).services.find(({ name }) => name === plan.name);
    // As azureml-core does for a local container: deploying again replaces it.
    const isLocal = before?.computeType === 'Local' && plan.settings.computeType === 'Local';
    if (before && !request.overwrite && !isLocal) {
      throw userError('SERVICE_EXISTS', `Service with name ${plan.name} already exists in this workspace.`, {
        hint: 'deploy with --overwrite, or delete it first',
      });
    }
    return bringUp(workspace, plan, before, host, notify, signal);
  });
}

/** Serialises changes to one service across processes. */
export function inTurn<Result>(
  workspace: AzureWorkspace,
  name: string,
  signal: AbortSignal,
  task: () => Promise<Result>,
): Promise<Result> {
  return withFileLock(`${workspace.serviceDirectory(name)}.lock`, signal, () => undefined, task);
}

/** Starts a service beside the one it replaces, and switches over once it is ready. */
export async function bringUp(
  workspace: AzureWorkspace,
  plan: ServicePlan,
  before: ServiceRecord | undefined,
  host: ServiceHost,
  notify: Notify,
  signal: AbortSignal,
): Promise<JsonObject> {
  const { name, settings } = plan;
  const { computeType, port } = settings;
  if (port !== undefined) await checkPort(port, before?.running?.port);
  await endUnknown(host, workspace.serviceDirectory(name), before?.running?.pid);
  const revision = (before?.revision ?? 0) + 1;
  const directory = workspace.serviceDirectory(name, revision);
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  for (const model of plan.models) notify(`Downloading model ${idOf(model)} to ${directory}`);
  if (computeType !== 'Local') notify(TIPS);
  const keys = await serviceKeys(workspace.keyFile(name));
  try {
    await applyKeys(workspace, plan);
    const files = {
      directory,
      eventLog: workspace.eventLog(name, revision),
      keyFile: workspace.keyFile(name),
    };
    const collection = collectionOfConfig(plan.settings.config);
    const started = await launch(
      workspace,
      { ...plan, generation: 'v1', collection },
      files,
      host,
      notify,
      signal,
    );
    await replaceRunning(workspace, plan, before, revision, started, host);
  } catch (error) {
    const failure = toTritonLocalError(error);
    await workspace.removeServiceFiles(name, revision);
    await replaceServiceKeys(workspace.keyFile(name), keys);
    await workspace.changeService(name, (current) =>
      before?.running ? current : recordOf(plan, current, revision, null, failure.message),
    );
    throw signal.aborted ? error : deploymentError(failure, plan);
  }
  const state = await workspace.read();
  const service = state.services.find((it) => it.name === name);
  if (!service) throw systemError('SERVICE_NOT_FOUND', `service ${name} was deleted while it was deployed`);
  notifyWhere(service, notify);
  return serviceJson(service, true, state.models);
}

const TIPS =
  'Tips: You can try get_logs(): https://aka.ms/debugimage#dockerlog or local deployment: https://aka.ms/debugimage#debug-locally to debug if deployment takes longer than 10 minutes.';

function notifyWhere({ computeType, running }: ServiceRecord, notify: Notify): void {
  if (computeType === 'Local') {
    notify(`Local webservice is running at http://localhost:${running?.port}`);
    return;
  }
  notify('Succeeded');
  notify(`${computeType} service creation operation finished, operation "Succeeded"`);
}

/** Replaces the service's keys by those that the deployment sets. */
async function applyKeys(workspace: AzureWorkspace, { name, settings }: ServicePlan): Promise<void> {
  const file = workspace.keyFile(name);
  const keys = await serviceKeys(file);
  const { primaryKey, secondaryKey } = settings;
  if (primaryKey === undefined && secondaryKey === undefined) return;
  await replaceServiceKeys(file, {
    ...keys,
    ...(primaryKey !== undefined && { primary: primaryKey }),
    ...(secondaryKey !== undefined && { secondary: secondaryKey }),
  });
}

/**
 * Moves the new service to its port, records it, and stops the old one after it has drained. If that fails, the old
 * one returns to its port.
 */
async function replaceRunning(
  workspace: AzureWorkspace,
  plan: ServicePlan,
  before: ServiceRecord | undefined,
  revision: number,
  started: DetachedEmulator,
  host: ServiceHost,
): Promise<void> {
  const { name, settings } = plan;
  const old = before?.running ?? undefined;
  const wanted = settings.port ?? old?.port;
  try {
    const hasTaken = old !== undefined && wanted === old.port && (await takePort(host, started.pid, old));
    const port = hasTaken ? old.port : await publishService(host, started.pid, wanted);
    const scoringUri = started.scoringUri.replace(/:\d+/, `:${port}`);
    await workspace.changeService(name, (current) =>
      recordOf(plan, current, revision, { pid: started.pid, port, scoringUri }, null),
    );
  } catch (error) {
    await stopService(host, started.pid);
    if (old) await returnToPort(host, old);
    throw error;
  }
  await started.keep();
  if (!before) return;
  if (old) await stopService(host, old.pid);
  await workspace.removeServiceFiles(name, before.revision);
  await rm(workspace.eventLog(name, before.revision), { force: true });
}

function recordOf(
  plan: ServicePlan,
  before: ServiceRecord | undefined,
  revision: number,
  running: ServiceRecord['running'],
  error: string | null,
): ServiceRecord {
  const { inference, environment, settings } = plan;
  const { keys: _secret, ...deploymentConfig } = settings.config;
  const now = new Date().toISOString();
  return {
    name: plan.name,
    computeType: settings.computeType,
    computeName: settings.computeName,
    description: plan.description,
    tags: plan.tags,
    properties: plan.properties,
    createdTime: before?.createdTime ?? now,
    updatedTime: now,
    modelIds: plan.models.map(idOf),
    inferenceConfig: inference
      ? {
          entryScript: inference.entryName,
          sourceDirectory: inference.sourceDirectory ?? null,
          scriptFile: inference.entryScript,
          environment,
        }
      : null,
    deploymentConfig,
    revision,
    running,
    error,
  };
}

/** Azure ML's error for a deployment that did not start, with the reason, which Azure ML leaves out. */
function deploymentError(error: TritonLocalError, { name, settings }: ServicePlan): TritonLocalError {
  const details = {
    hint: error.hint ?? `npx triton-local service get-logs -n ${name}`,
    cause: error,
    ...(error.location && { location: error.location }),
  };
  if (error.code.startsWith('PORT_')) return error;
  if (settings.computeType === 'Local') {
    const text = 'Error: Container has crashed. Did your init method fail?';
    return new TritonLocalError('DEPLOYMENT_FAILED', error.kind, `${text}\n${error.message}`, details);
  }
  const body = {
    code: 'KubernetesDeploymentFailed',
    statusCode: 400,
    message: 'Kubernetes Deployment failed',
    details: [{ code: 'CrashLoopBackOff', message: error.message }],
  };
  const text = [
    'Service deployment polling reached non-successful terminal state, current service state: Transitioning',
    `Operation ID: ${randomUUID()}`,
    "More information can be found using '.get_logs()'",
    'Error:',
    JSON.stringify(body, null, 2),
  ].join('\n');
  return new TritonLocalError('DEPLOYMENT_FAILED', error.kind, text, details);
}
