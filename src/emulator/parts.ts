import path from 'node:path';
import { type Lifetime, within } from '../base/index.ts';
import { createConsole } from '../console/index.ts';
import type { Control } from '../control/index.ts';
import { addressesOf, type LocalEngine, StatisticsSampler } from '../engines/index.ts';
import {
  asServedBy,
  type EventBus,
  type EventHistory,
  type RequestHistory,
  RequestMeter,
  type StateStore,
} from '../events/index.ts';
import { type ProjectSnapshot, type Reloader, snapshotProject, startReloader } from '../reload/index.ts';
import { UserPaths } from '../repository/index.ts';
import { type Instance, openWorkspace, type Workspace } from '../workspace/index.ts';
import type { EmulatorOptions } from './contract.ts';
import { startEngine } from './engine-start.ts';
import { exposureWarning } from './exposure.ts';
import { startFirstGeneration } from './first-generation.ts';
import type { Generations } from './generations.ts';
import { ModelLoader } from './model-loader.ts';
import { ModelNotices } from './model-notices.ts';
import { checkPorts } from './port-check.ts';
import { isReady, Readiness } from './readiness.ts';
import { ReadinessReport } from './readiness-report.ts';
import { EmulatorTarget } from './reload-target.ts';
import { Replay } from './replay/replay.ts';
import { startReplay } from './replay/start-replay.ts';
import { ScoringListener } from './scoring-listener.ts';
import { ScriptSettings } from './script-settings.ts';
import { prepareScript } from './script-start.ts';
import { emitStartFailures, type StartFailures } from './start-failures.ts';

/** The reloader has its own limits; this one applies if it hangs in spite of them. */
const RELOAD_END_LIMIT_MS = 3_000;

/** What all parts of one emulator share. */
export interface EmulatorContext {
  readonly options: EmulatorOptions;
  readonly events: EventBus;
  readonly store: StateStore;
  readonly history: EventHistory;
  readonly requests: RequestHistory;
  /** The emulator itself, for the web page. */
  readonly control: Control;
  /** When the emulator was created, by `performance.now()`. */
  readonly startedAt: number;
  /** Registers each part as soon as it is started, and disposes of them in reverse order. */
  readonly lifetime: Lifetime;
  /** Aborted when the emulator is stopping. */
  readonly stopping: AbortSignal;
  /** Aborted when the user prefers what is on this machine to waiting for an image. */
  readonly skipDownload: AbortSignal;
  /** Called when the engine is gone for good, after all sensible restarts. */
  readonly onEngineGone: (reason: string) => void;
}

/** The engine, and what keeps its models in step with the user's folder. */
interface EngineParts {
  readonly initial: ProjectSnapshot;
  readonly loader: ModelLoader;
  readonly engine: LocalEngine;
  /** Models that the engine does not serve. */
  readonly failures: StartFailures;
}

/** The parts that answer requests; complete once the scoring port is open. */
export interface Services extends EngineParts {
  readonly instance: Instance;
  /** Undefined without a script. */
  readonly generations: Generations | undefined;
  readonly replay: Replay;
  readonly scoring: ScoringListener;
  readonly readiness: Readiness;
  readonly report: ReadinessReport;
}

/** Every part of a running emulator. */
export interface Parts extends Services {
  readonly reloader: Reloader;
}

/**
 * Starts the engine on the project's models and opens the scoring port. Each part is on the lifetime's stack before the
 * next one starts.
 * @throws the failure of a part; disposing of the lifetime then ends those that had started.
 */
export async function startServices(context: EmulatorContext, signal: AbortSignal): Promise<Services> {
  const { options, events, store, history, requests, control, lifetime } = context;
  const { config } = options;
  const workspace = await openWorkspace(config.home);
  await workspace.sweep();
  const instance = options.instance ?? lifetime.use('instance folder', await workspace.createInstance());
  await checkPorts(config, () => workspace.list());

  const engineParts = await startEngineParts(instance, context, signal);
  const httpUrl = engineParts.engine.endpoints.http;
  // Registered before the scoring service, so that on disposal its requests are answered before their workers end.
  const generations = prepareGenerations(instance, httpUrl, context);
  const replay: Replay = new Replay({ service: () => scoring, events });
  const served = {
    pool: () => generations?.current,
    state: () => asServedBy(store.state, generations?.serving ?? 0),
  };
  const { listener } = engineParts.engine;
  const meter = new RequestMeter(events, requests);
  lifetime.defer('request meter', () => meter.flush());
  const scoring = await ScoringListener.open({
    config,
    engine: listener,
    console: createConsole({
      ...served,
      history,
      requests,
      meter,
      actions: control,
      engine: listener,
      sample: () => report.sample,
    }),
    source: {
      ...served,
      failure: () => generations?.failure,
      refusal: () => (config.reload.strict ? strictRefusal(store, generations) : undefined),
      onScore: (request) => replay.note(request),
    },
    readKeys: () => readKeys(options, workspace),
    events,
  });
  lifetime.use('scoring service', scoring);
  warn(
    exposureWarning({ config, engine: engineParts.engine.kind, scoringUri: scoring.uri, httpUrl }),
    events,
  );

  const report: ReadinessReport = new ReadinessReport({
    config,
    scoring,
    generations,
    addresses: addressesOf(engineParts.engine.endpoints),
    startedAt: context.startedAt,
    store,
    events,
  });
  const readiness = new Readiness(
    () => isReady(httpUrl, new URL('/', scoring.uri).href),
    async (ready) => {
      if (!context.stopping.aborted) await report.emit(ready);
    },
  );
  return { ...engineParts, instance, generations, replay, scoring, readiness, report };
}

/**
 * Brings up the script, reports whether the services are ready, and follows the project's files.
 * @throws the failure of a part, as `startServices`
 */
export async function completeParts(
  services: Services,
  { options, events, store, lifetime }: EmulatorContext,
  signal: AbortSignal,
): Promise<Parts> {
  const { config } = options;
  const { initial, loader, engine, failures, generations, replay, readiness } = services;
  if (config.script && generations) {
    const { entryScript } = config.script;
    const waitsForFix = config.reload.watch && !options.unattended;
    await startFirstGeneration({ generations, entryScript, waitsForFix, events }, signal);
  }
  await readiness.check();

  const notices = new ModelNotices(events, config.engine);
  void notices.log(initial.repository?.models.values() ?? []);
  const reloader = await startReloader({
    config,
    initial,
    modelsAt: engine.modelsAt,
    refused: { models: [...failures.keys()], script: generations?.failure !== undefined },
    target: new EmulatorTarget({ loader, notices, generations }),
    events,
  });
  loader.onClientLoad((model) => reloader.accept(model));
  // A hanging load ends with the engine, which is disposed of after this.
  lifetime.defer('watching', () =>
    within(Promise.resolve(reloader[Symbol.asyncDispose]()), RELOAD_END_LIMIT_MS),
  );
  lifetime.defer(
    'readiness',
    events.subscribe((event) => readiness.follow(event)),
  );
  await startReplay({ config, replay, firstModel: store.state.models[0]?.name, events }, lifetime);
  return { ...services, reloader };
}

async function startEngineParts(
  instance: Instance,
  { options, events, requests, lifetime, skipDownload, onEngineGone }: EmulatorContext,
  signal: AbortSignal,
): Promise<EngineParts> {
  const { config, runtimePaths } = options;
  const stagedRepository = path.join(instance.directory, 'repository');
  const initial = await snapshotProject(config);
  const paths = new UserPaths(stagedRepository, initial.repository, config.projectDir);
  const loader = new ModelLoader({ config, stagedRepository, paths, initial });
  const { engine, failures } = await startEngine(
    {
      config,
      models: [...(initial.repository?.models.values() ?? [])],
      stagedRepository,
      sharedMemoryPrefix: instance.sharedMemoryPrefix,
      uses: (file) => instance.uses(file),
      paths,
      sync: loader,
      runtimePaths,
      skipDownload,
      events,
      requests,
    },
    signal,
  );
  lifetime.use('engine', engine);
  loader.use(engine);
  void engine.exited.then((reason) => onEngineGone(`the ${engine.kind} engine is gone: ${reason}`));
  emitStartFailures(failures, events);
  lifetime.use('statistics', new StatisticsSampler(engine.endpoints, events));
  return { initial, loader, engine, failures };
}

function prepareGenerations(
  instance: Instance,
  engineUrl: string,
  { options, events, lifetime }: EmulatorContext,
): Generations | undefined {
  const { config, resolve } = options;
  const { script } = config;
  if (!script) return undefined;
  const settings = new ScriptSettings({ config, resolve, events });
  const uses = (file: string) => instance.uses(file);
  return prepareScript({ settings, script, engineUrl, events, uses }, lifetime);
}

/** The keys that callers may send; empty if the scoring service requires none. */
async function readKeys({ config, keys }: EmulatorOptions, workspace: Workspace): Promise<readonly string[]> {
  const { auth, primaryKey } = config.scoring;
  if (auth !== 'key') return [];
  if (keys) return keys();
  if (primaryKey !== undefined) return [primaryKey];
  const { primary, secondary } = await workspace.keys('default');
  return [primary, secondary];
}

/** The failure for which `--strict-reload` refuses requests rather than let older code answer them. */
function strictRefusal(store: StateStore, generations: Generations | undefined): string | undefined {
  const { failures } = asServedBy(store.state, generations?.serving ?? 0);
  const newest = failures.filter(({ olderServes }) => olderServes).at(-1);
  return newest && `The newest save is broken (--strict-reload): ${newest.error.message}`;
}

function warn(text: string | undefined, events: EventBus): void {
  if (text !== undefined) events.emit({ type: 'log.line', source: 'emulator', level: 'warning', text });
}
