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
import type { Say } from './models.ts';
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
 * `az ml model deploy`: a service of its own on a port of its own. What serves under the name goes on until the new
 * one is ready; where that fails, for good.
 * @throws AZUREML_REFUSED, MODEL_NOT_FOUND, SERVICE_EXISTS before anything is started; DEPLOYMENT_FAILED with the place
 * in the user's own file.
 */
export async function deployModel(
  workspace: AzureWorkspace,
  request: DeployRequest,
  host: ServiceHost,
  say: Say,
  signal: AbortSignal,
): Promise<JsonObject> {
  const plan = await planService(workspace, request, say);
  return inTurn(workspace, plan.name, signal, async () => {
    const before = (await workspace.read()).services.find(({ name }) => name === plan.name);
    // As azureml-core deploys to a container of this machine: again means anew.
    const isLocal = before?.computeType === 'Local' && plan.settings.computeType === 'Local';
    if (before && !request.overwrite && !isLocal) {
      throw userError('SERVICE_EXISTS', `Service with name ${plan.name} already exists in this workspace.`, {
        hint: 'deploy with --overwrite, or delete it first',
      });
    }
    return bringUp(workspace, plan, before, host, say, signal);
  });
}

/** Changes of one service come one after another, whichever processes ask for them. */
export function inTurn<Result>(
  workspace: AzureWorkspace,
  name: string,
  signal: AbortSignal,
  task: () => Promise<Result>,
): Promise<Result> {
  return withFileLock(`${workspace.serviceDirectory(name)}.lock`, signal, () => undefined, task);
}

/** Starts a service beside the one that it replaces, and puts it in its place once it is ready. */
export async function bringUp(
  workspace: AzureWorkspace,
  plan: ServicePlan,
  before: ServiceRecord | undefined,
  host: ServiceHost,
  say: Say,
  signal: AbortSignal,
): Promise<JsonObject> {
  const { name, settings } = plan;
  const { computeType, port } = settings;
  if (port !== undefined) await checkPort(port, before?.running?.port);
  await endUnknown(host, workspace.serviceDirectory(name), before?.running?.pid);
  const revision = (before?.revision ?? 0) + 1;
  const directory = workspace.serviceDirectory(name, revision);
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  for (const model of plan.models) say(`Downloading model ${idOf(model)} to ${directory}`);
  if (computeType !== 'Local') say(TIPS);
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
      say,
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
  sayWhere(service, say);
  return serviceJson(service, true, state.models);
}

const TIPS =
  'Tips: You can try get_logs(): https://aka.ms/debugimage#dockerlog or local deployment: https://aka.ms/debugimage#debug-locally to debug if deployment takes longer than 10 minutes.';

function sayWhere({ computeType, running }: ServiceRecord, say: Say): void {
  if (computeType === 'Local') {
    say(`Local webservice is running at http://localhost:${running?.port}`);
    return;
  }
  say('Succeeded');
  say(`${computeType} service creation operation finished, operation "Succeeded"`);
}

/** Puts the keys that the deployment names in the place of the service's own. */
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
 * Moves the new one to its port, records it, and ends the old one once it has answered what it had accepted. Where that
 * fails, the old one is back at its port.
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

/** What Azure ML says of a deployment that did not come up, with the reason that it does not give. */
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
