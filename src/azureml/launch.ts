import path from 'node:path';
import { userError } from '../base/index.ts';
import type { DetachedEmulator, StartedEmulator } from '../control/index.ts';
import type { EmulatorEvent } from '../events/index.ts';
import type { AzureWorkspace } from '../workspace/index.ts';
import { type AppFolder, layOutApp } from './app-folder.ts';
import { limitFlags } from './cloud-limits.ts';
import { collectionVariables, type DataCollection } from './data-collection.ts';
import { type EnvironmentPlan, planEnvironment } from './environment-plan.ts';
import type { Notify } from './models.ts';
import { engineOf, type ServiceHost, startService, stopService } from './service-host.ts';
import type { ServicePlan } from './service-plan.ts';
import { StartProgress } from './start-progress.ts';
import { UsersFiles } from './users-files.ts';

/** The parts of a deployment that decide how its emulator runs. */
export type LaunchPlan = Pick<ServicePlan, 'models' | 'inference' | 'environment'> & {
  /** In v1 the script's working directory is the app root, in v2 its source directory. */
  readonly generation: 'v1' | 'v2';
  /** The data that the script's collectors record. */
  readonly collection?: DataCollection | undefined;
  readonly settings: Pick<
    ServicePlan['settings'],
    'computeType' | 'authEnabled' | 'tokenAuthEnabled' | 'gpuCores' | 'cloud'
  >;
};

/** The locations of a deployment's files. */
export interface LaunchFiles {
  /** Created by `launch`: the copy of models and script. */
  readonly directory: string;
  readonly eventLog: string;
  /** Undefined if this emulator requires no key, because the endpoint's proxy checks it. */
  readonly keyFile: string | undefined;
}

/**
 * Lays out a deployment's files, starts its emulator on a private port, and waits until it is ready; stops it if
 * it does not become ready. It ends with this process unless `keep` is called.
 * @throws the error of the start, with the user's own paths; MODEL_FAILED with the reasons; AZUREML_REFUSED for files that
 * do not fit together.
 */
export async function launch(
  workspace: AzureWorkspace,
  plan: LaunchPlan,
  { directory, eventLog, keyFile }: LaunchFiles,
  host: ServiceHost,
  notify: Notify,
  signal: AbortSignal,
): Promise<DetachedEmulator> {
  const environment = plan.environment && (await planEnvironment(plan.environment));
  const app = await layOutApp(directory, workspace, plan.models, plan.inference, environment);
  const collectors = await collectionVariables(plan.collection, directory);
  // A setting of the user for everything started here overrides a deployment's own.
  const limits = host.environment.TRITON_LOCAL_PROFILE ? [] : limitFlags(plan.settings.cloud);
  const keys = keyFile === undefined ? [] : ['--key-file', keyFile];
  const users = new UsersFiles(app, plan.inference, environment?.conda);
  const progress = new StartProgress(plan.inference?.entryName ?? '', (text) => notify(users.text(text)));
  const start = {
    args: [...upArguments(plan, app, environment), ...limits, ...keys],
    cwd: app.projectDir,
    variables: ownVariables(environment),
    scriptVariables:
      app.entryScript === undefined
        ? undefined
        : { ...collectors, ...scriptVariables(plan.settings.computeType, app, environment) },
    eventLog,
    onEvent: (event: EmulatorEvent) => progress.follow(event),
  };
  try {
    const started = await startService(host, start, signal);
    if (!started.ready) {
      await stopService(host, started.pid);
      throw userError('MODEL_FAILED', progress.modelFaults.join('\n') || 'a model is not ready');
    }
    await notifyDevice(plan, started, host, notify);
    return started;
  } catch (error) {
    if (signal.aborted) throw error;
    progress.sayPrinted();
    throw users.error(error);
  } finally {
    progress.close();
  }
}

async function notifyDevice(
  { settings }: LaunchPlan,
  { pid }: StartedEmulator,
  host: ServiceHost,
  notify: Notify,
): Promise<void> {
  if (settings.gpuCores <= 0) return;
  const engine = await engineOf(host, pid);
  if (!engine) return;
  const got = engine.gpu === null ? `the CPU (${engine.kind} engine: ${engine.reason})` : engine.gpu;
  notify(
    `${engine.gpu === null ? 'WARNING: ' : ''}gpuCores ${settings.gpuCores} was requested; it runs on ${got}`,
  );
}

function upArguments(
  { inference, settings, generation }: LaunchPlan,
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
  const code = generation === 'v2' ? app.sourceDirectory : undefined;
  flags.push('--code', code ?? app.root, '--entry-script', app.entryScript);
  return flags;
}

/** Variables for the script, beyond those that every script gets. */
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
    // A local service has a relative path, since its working directory is the app root; the cloud has an absolute one.
    AZUREML_MODEL_DIR:
      computeType === 'Local' ? app.modelDirectory : path.join(app.root, ...app.modelDirectory.split('/')),
  };
}

/** Variables of the scoring server that ours reads too (docs/reference/azureml.md#environment-variables). */
function ownVariables(environment: EnvironmentPlan | undefined): Record<string, string> {
  const own = Object.entries(environment?.variables ?? {}).filter(([name]) =>
    /^(?:WORKER_COUNT|SCORING_TIMEOUT_MS|AML_|AZUREML_)/.test(name),
  );
  return Object.fromEntries(own);
}
