import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { systemError, TritonLocalError, toTritonLocalError, userError, withFileLock } from '../base/index.ts';
import type { StartedEmulator } from '../control/index.ts';
import type { EmulatorEvent } from '../events/index.ts';
import {
  type AzureWorkspace,
  idOf,
  type JsonObject,
  replaceServiceKeys,
  type ServiceRecord,
  serviceKeys,
} from '../workspace/index.ts';
import { type AppFolder, layOutApp } from './app-folder.ts';
import { type EnvironmentPlan, planEnvironment } from './environments.ts';
import type { Say } from './models.ts';
import {
  checkPort,
  engineOf,
  publishService,
  type ServiceHost,
  startService,
  stopService,
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
    if (before && !request.overwrite) {
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
  const revision = (before?.revision ?? 0) + 1;
  const directory = workspace.serviceDirectory(name, revision);
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  for (const model of plan.models) say(`Downloading model ${idOf(model)} to ${directory}`);
  if (computeType !== 'Local') say(TIPS);
  const keys = await serviceKeys(workspace.keyFile(name));
  try {
    const environment = plan.environment && (await planEnvironment(plan.environment));
    const app = await layOutApp(directory, workspace, plan.models, plan.inference, environment);
    await applyKeys(workspace, plan);
    const started = await startReady(workspace, plan, app, environment, revision, host, say, signal);
    await replaceRunning(workspace, plan, before, revision, started, host);
  } catch (error) {
    const failure = signal.aborted ? toTritonLocalError(error) : inUsersFolder(error, directory, plan);
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

/** Starts the emulator and sees that it is ready; one that is not is stopped again. */
async function startReady(
  workspace: AzureWorkspace,
  plan: ServicePlan,
  app: AppFolder,
  environment: EnvironmentPlan | undefined,
  revision: number,
  host: ServiceHost,
  say: Say,
  signal: AbortSignal,
): Promise<StartedEmulator> {
  const failed: string[] = [];
  const started = await startService(
    host,
    {
      args: [...upArguments(plan, app, environment), '--key-file', workspace.keyFile(plan.name)],
      cwd: app.projectDir,
      variables: ownVariables(plan, environment),
      eventLog: workspace.eventLog(plan.name, revision),
      onEvent: (event) => {
        const fault = modelFault(event);
        if (fault !== undefined) failed.push(fault);
        const step = progressOf(event);
        if (step !== undefined) say(step);
      },
    },
    signal,
  );
  if (!started.ready) {
    await stopService(host, started.pid);
    throw userError('MODEL_FAILED', failed.join('\n') || 'a model is not ready');
  }
  await tellGpu(plan, started, host, say);
  return started;
}

function modelFault(event: EmulatorEvent): string | undefined {
  if (event.type !== 'model.state' || event.state !== 'UNAVAILABLE') return undefined;
  return `model ${event.model}${event.version && ` version ${event.version}`}: ${event.reason}`;
}

function progressOf(event: EmulatorEvent): string | undefined {
  if (event.type === 'environment.progress') return `${event.environment}: ${event.step} ${event.detail}`;
  return event.type === 'engine.starting' ? `Starting the ${event.kind} engine` : undefined;
}

async function tellGpu(
  { settings }: ServicePlan,
  { pid }: StartedEmulator,
  host: ServiceHost,
  say: Say,
): Promise<void> {
  if (settings.gpuCores <= 0) return;
  const engine = await engineOf(host, pid);
  if (!engine) return;
  const got = engine.gpu === null ? `the CPU (${engine.kind} engine: ${engine.reason})` : engine.gpu;
  say(
    `${engine.gpu === null ? 'WARNING: ' : ''}gpuCores ${settings.gpuCores} was asked for; it runs on ${got}`,
  );
}

function upArguments(
  { inference, settings }: ServicePlan,
  app: AppFolder,
  environment: EnvironmentPlan | undefined,
): string[] {
  const anyPort = ['--port', '0', '--http-port', '0', '--grpc-port', '0', '--metrics-port', '0'];
  const auth = settings.authEnabled || settings.tokenAuthEnabled ? 'key' : 'none';
  const flags = [app.projectDir, ...anyPort, '--no-watch', '--auth', auth];
  if (app.repository !== undefined) flags.push('--models', app.repository);
  if (environment?.image !== undefined) flags.push('--image', environment.image);
  if (!inference || app.entryScript === undefined) return flags;
  if (app.condaFile !== undefined) flags.push('--conda', app.condaFile);
  flags.push('--code', app.root, '--entry-script', app.entryScript);
  for (const [name, value] of Object.entries(scriptVariables(settings.computeType, app, environment)))
    flags.push('--env', `${name}=${value}`);
  return flags;
}

/** What the script finds in its environment beyond what every script finds. */
function scriptVariables(
  computeType: string,
  app: AppFolder,
  environment: EnvironmentPlan | undefined,
): Record<string, string> {
  const variables = environment?.variables ?? {};
  const searched = [app.sourceDirectory, variables.PYTHONPATH].filter((it) => it !== undefined);
  return {
    ...variables,
    ...(searched.length > 0 && { PYTHONPATH: searched.join(path.delimiter) }),
    // Relative as on a local service, whose working directory is the app root; absolute as in the cloud.
    AZUREML_MODEL_DIR:
      computeType === 'Local' ? app.modelDirectory : path.join(app.root, ...app.modelDirectory.split('/')),
  };
}

/** The variables of the scoring server that our own reads as well (azureml.md 1.10). */
function ownVariables(
  { settings }: ServicePlan,
  environment: EnvironmentPlan | undefined,
): Record<string, string> {
  const own = Object.entries(environment?.variables ?? {}).filter(([name]) =>
    /^(?:WORKER_COUNT|SCORING_TIMEOUT_MS|AML_|AZUREML_)/.test(name),
  );
  const limit = settings.scoringTimeoutMs;
  return { ...(limit !== undefined && { SCORING_TIMEOUT_MS: String(limit) }), ...Object.fromEntries(own) };
}

async function replaceRunning(
  workspace: AzureWorkspace,
  plan: ServicePlan,
  before: ServiceRecord | undefined,
  revision: number,
  started: StartedEmulator,
  host: ServiceHost,
): Promise<void> {
  const { name, settings } = plan;
  if (before?.running) await stopService(host, before.running.pid);
  try {
    const port = await publishService(host, started.pid, settings.port ?? before?.running?.port);
    const scoringUri = started.scoringUri.replace(/:\d+/, `:${port}`);
    await workspace.changeService(name, (current) =>
      recordOf(plan, current, revision, { pid: started.pid, port, scoringUri }, null),
    );
  } catch (error) {
    await stopService(host, started.pid);
    throw error;
  }
  if (!before) return;
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

/** The emulator names the service's copy; the user knows the original. */
function inUsersFolder(thrown: unknown, directory: string, { inference }: ServicePlan): TritonLocalError {
  const error = toTritonLocalError(thrown);
  if (!inference) return error;
  const original = inference.sourceDirectory ?? path.dirname(inference.entryScript);
  const copy = path.join(directory, 'app', ...(inference.sourceDirectory ? [path.basename(original)] : []));
  const { location } = error;
  return new TritonLocalError(error.code, error.kind, error.message.replaceAll(copy, original), {
    cause: error,
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(location && { location: { ...location, file: location.file.replace(copy, original) } }),
  });
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
