import path from 'node:path';
import { userError } from '../base/index.ts';
import type { DetachedEmulator, StartedEmulator } from '../control/index.ts';
import type { EmulatorEvent } from '../events/index.ts';
import type { AzureWorkspace } from '../workspace/index.ts';
import { type AppFolder, layOutApp } from './app-folder.ts';
import { limitFlags } from './cloud-limits.ts';
import { collectionVariables, type DataCollection } from './data-collection.ts';
import { type EnvironmentPlan, planEnvironment } from './environment-plan.ts';
import type { Say } from './models.ts';
import { engineOf, type ServiceHost, startService, stopService } from './service-host.ts';
import type { ServicePlan } from './service-plan.ts';
import { StartProgress } from './start-progress.ts';
import { UsersFiles } from './users-files.ts';

/** What of a deployment decides how its emulator runs. */
export type LaunchPlan = Pick<ServicePlan, 'models' | 'inference' | 'environment'> & {
  /** In v1 the script's working directory is the app root, in v2 its own source directory. */
  readonly generation: 'v1' | 'v2';
  /** What the script's collectors are switched on for. */
  readonly collection?: DataCollection | undefined;
  readonly settings: Pick<
    ServicePlan['settings'],
    'computeType' | 'authEnabled' | 'tokenAuthEnabled' | 'gpuCores' | 'cloud'
  >;
};

/** Where a deployment's files lie. */
export interface LaunchFiles {
  /** Made here: the copy of models and script. */
  readonly directory: string;
  readonly eventLog: string;
  /** Undefined where no keys are asked for at this door. */
  readonly keyFile: string | undefined;
}

/**
 * Lays out a deployment's files, starts its emulator on a port that nobody knows yet, and sees that it is ready; one
 * that is not is stopped again. It ends with this process until it is kept.
 * @throws what the start threw, about the user's own files; MODEL_FAILED with the reasons; AZUREML_REFUSED for files that do not fit.
 */
export async function launch(
  workspace: AzureWorkspace,
  plan: LaunchPlan,
  { directory, eventLog, keyFile }: LaunchFiles,
  host: ServiceHost,
  say: Say,
  signal: AbortSignal,
): Promise<DetachedEmulator> {
  const environment = plan.environment && (await planEnvironment(plan.environment));
  const app = await layOutApp(directory, workspace, plan.models, plan.inference, environment);
  const collectors = await collectionVariables(plan.collection, directory);
  // What the user has set for all that is started here goes before a deployment's own.
  const limits = host.environment.TRITON_LOCAL_PROFILE ? [] : limitFlags(plan.settings.cloud);
  const keys = keyFile === undefined ? [] : ['--key-file', keyFile];
  const users = new UsersFiles(app, plan.inference, environment?.conda);
  const progress = new StartProgress(plan.inference?.entryName ?? '', (text) => say(users.text(text)));
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
    await tellGpu(plan, started, host, say);
    return started;
  } catch (error) {
    if (signal.aborted) throw error;
    progress.sayPrinted();
    throw users.error(error);
  } finally {
    progress.close();
  }
}

async function tellGpu(
  { settings }: LaunchPlan,
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

/** The variables of the scoring server that our own reads as well (docs/reference/azureml.md#environment-variables). */
function ownVariables(environment: EnvironmentPlan | undefined): Record<string, string> {
  const own = Object.entries(environment?.variables ?? {}).filter(([name]) =>
    /^(?:WORKER_COUNT|SCORING_TIMEOUT_MS|AML_|AZUREML_)/.test(name),
  );
  return Object.fromEntries(own);
}
