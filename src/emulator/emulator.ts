import path from 'node:path';
import { Lifetime, systemError, within } from '../base/index.ts';
import type { ProjectConfig } from '../config/index.ts';
import { type Control, type ServiceControl, serveControl } from '../control/index.ts';
import { type LocalEngine, StatisticsSampler } from '../engines/index.ts';
import {
  asServedBy,
  type Blocker,
  type EmulatorState,
  EventBus,
  findBlockers,
  StateStore,
} from '../events/index.ts';
import { type ProjectSnapshot, type Reloader, snapshotProject, startReloader } from '../reload/index.ts';
import { type ModelSnapshot, UserPaths } from '../repository/index.ts';
import { type Instance, openWorkspace, type Workspace } from '../workspace/index.ts';
import type { Emulator, EmulatorOptions, Ending, RunningEmulator } from './contract.ts';
import { startEngine } from './engine-start.ts';
import { exposureWarning } from './exposure.ts';
import { startFirstGeneration } from './first-generation.ts';
import type { Generations } from './generations.ts';
import { ModelLoader } from './model-loader.ts';
import { ModelNotices } from './model-notices.ts';
import { checkPorts } from './port-check.ts';
import { isReady, Readiness } from './readiness.ts';
import { EmulatorTarget } from './reload-target.ts';
import type { Replay } from './replay/replay.ts';
import { startReplay } from './replay/start-replay.ts';
import { sampleRequest } from './sample-request.ts';
import { ScoringDoor } from './scoring-door.ts';
import { ScriptSettings } from './script-settings.ts';
import { prepareScript } from './script-start.ts';
import { emitStartFailures } from './start-failures.ts';

/** Parts have limits of their own; these hold where one of them hangs all the same. */
const START_UNDO_LIMIT_MS = 30_000;
const RELOAD_END_LIMIT_MS = 3_000;
const STOP_LIMIT_MS = 90_000;

export function createEmulator(options: EmulatorOptions): Emulator {
  return new ProjectEmulator(options);
}

class ProjectEmulator implements Emulator, RunningEmulator, ServiceControl {
  readonly control: Control = this;
  readonly stopped: Promise<Ending>;
  httpUrl = '';

  readonly #config: ProjectConfig;
  readonly #resolve: EmulatorOptions['resolve'];
  readonly #bus = new EventBus();
  readonly #runtimePaths: readonly string[];
  readonly #eventLog: string | undefined;
  readonly #unattended: boolean;
  readonly #givenKeys: EmulatorOptions['keys'];
  readonly #store: StateStore;
  readonly #lifetime = new Lifetime();
  readonly #stopping = new AbortController();
  readonly #skipDownload = new AbortController();
  readonly #startedAt = performance.now();
  #resolveStopped: (ending: Ending) => void = () => {};
  #starting: Promise<void> | undefined;
  #ending: Promise<void> | undefined;
  #generations: Generations | undefined;
  #engine: LocalEngine | undefined;
  #reloader: Reloader | undefined;
  #instance: Instance | undefined;
  #scoring: ScoringDoor | undefined;
  #replay: Replay | undefined;
  #scriptFailure: string | undefined;
  readonly #readiness = new Readiness(
    () => isReady(this.httpUrl, new URL('/', this.scoringUri).href),
    (ready) => this.#tellReadiness(ready),
  );
  /** A body for the script that can be tried. */
  #sample: string | undefined;
  #startMs: number | undefined;

  constructor(options: EmulatorOptions) {
    const { config, resolve, runtimePaths, instance, eventLog, unattended, keys } = options;
    this.#config = config;
    this.#resolve = resolve;
    this.#runtimePaths = runtimePaths;
    this.#eventLog = eventLog;
    this.#unattended = unattended ?? false;
    this.#instance = instance && this.#lifetime.use('instance folder', instance);
    this.#givenKeys = keys;
    this.#store = new StateStore(this.#bus);
    this.stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve;
    });
  }

  async start(signal: AbortSignal): Promise<RunningEmulator> {
    this.#starting = this.#start(AbortSignal.any([signal, this.#stopping.signal]));
    await this.#starting;
    return this;
  }

  get scoringUri(): string {
    return this.#scoring?.uri ?? '';
  }

  get key(): string | undefined {
    return this.#scoring?.key;
  }

  get ready(): boolean {
    return this.#readiness.ready === true;
  }

  async #start(signal: AbortSignal): Promise<void> {
    const config = this.#config;
    const { projectDir } = config;
    this.#bus.emit({ type: 'emulator.starting', projectDir, pid: process.pid, auth: config.scoring.auth });
    for (const text of config.warnings) this.#warn(text);

    const workspace = await openWorkspace(config.home);
    await workspace.sweep();
    this.#instance ??= this.#lifetime.use('instance folder', await workspace.createInstance());
    const instance = this.#instance;
    const stagedRepository = path.join(instance.directory, 'repository');
    await checkPorts(config, () => workspace.list());

    const initial = await snapshotProject(config);
    const paths = new UserPaths(stagedRepository, initial.repository, config.projectDir);
    const onClientLoad = (model: ModelSnapshot) => this.#reloader?.accept(model);
    const loader = new ModelLoader({ config, stagedRepository, paths, initial, onClientLoad });
    const { engine, failures } = await startEngine(
      {
        config,
        initial,
        stagedRepository,
        sharedMemoryPrefix: instance.sharedMemoryPrefix,
        uses: (file) => instance.uses(file),
        paths,
        sync: loader,
        runtimePaths: this.#runtimePaths,
        skipDownload: this.#skipDownload.signal,
        events: this.#bus,
      },
      signal,
    );
    this.#engine = this.#lifetime.use('engine', engine);
    loader.use(engine);
    // It was started again as often as makes sense; without it nothing is left to serve.
    // Whoever waits for `stopped` calls `end`, too, and hears of what did not stop.
    engine.exited
      .then((reason) => this.end(`the ${engine.kind} engine is gone: ${reason}`, 1))
      .catch(() => undefined);
    this.httpUrl = engine.endpoints.http;
    emitStartFailures(failures, this.#bus);
    this.#lifetime.use('statistics', new StatisticsSampler(engine.endpoints, this.#bus));

    this.#prepareScript(instance);
    await this.#startScoring(workspace, engine);
    const exposure = { config, engine: engine.kind, scoringUri: this.scoringUri, httpUrl: this.httpUrl };
    this.#warn(exposureWarning(exposure));
    await this.#startScript(signal);
    await this.#readiness.check();
    await this.#startReloading(initial, loader, [...failures.keys()]);
    this.#replay = await startReplay(
      { config, service: this, firstModel: this.#store.state.models[0]?.name, events: this.#bus },
      this.#lifetime,
    );
    this.#lifetime.use('control socket', await serveControl(this, instance.controlSocket));
    await this.#announceInstance();
  }

  #warn(text: string | undefined): void {
    if (text !== undefined) this.#bus.emit({ type: 'log.line', source: 'emulator', level: 'warning', text });
  }

  /** Before the scoring service, so that at the end its requests are answered before their workers go. */
  #prepareScript(instance: Instance): void {
    const { script } = this.#config;
    if (!script) return;
    const settings = new ScriptSettings({
      config: this.#config,
      resolve: this.#resolve,
      events: this.#bus,
    });
    this.#generations = prepareScript(
      {
        settings,
        script,
        engineUrl: this.httpUrl,
        events: this.#bus,
        uses: (file) => instance.uses(file),
      },
      this.#lifetime,
    );
  }

  async #startScoring(workspace: Workspace, engine: LocalEngine): Promise<void> {
    const { auth, primaryKey } = this.#config.scoring;
    const door = await ScoringDoor.open({
      config: this.#config,
      engine: engine.listener,
      source: {
        pool: () => this.#generations?.current,
        failure: () => this.#scriptFailure,
        refusal: () => this.#refusal(),
        onScore: (request) => this.#replay?.note(request),
        state: () => asServedBy(this.#store.state, this.#generations?.serving ?? 0),
      },
      readKeys: async () => {
        if (auth !== 'key') return [];
        if (this.#givenKeys) return this.#givenKeys();
        if (primaryKey !== undefined) return [primaryKey];
        const { primary, secondary } = await workspace.keys('default');
        return [primary, secondary];
      },
      events: this.#bus,
    });
    this.#scoring = this.#lifetime.use('scoring service', door);
  }

  /** What is broken, where `--strict-reload` asks that nothing older answers. */
  #refusal(): string | undefined {
    if (!this.#config.reload.strict) return undefined;
    const { failures } = asServedBy(this.#store.state, this.#generations?.serving ?? 0);
    const newest = failures.filter(({ olderServes }) => olderServes).at(-1);
    return newest && `The newest save is broken (--strict-reload): ${newest.error.message}`;
  }

  async #startScript(signal: AbortSignal): Promise<void> {
    const { script, reload } = this.#config;
    if (!script || !this.#generations) return;
    this.#scriptFailure = await startFirstGeneration(
      {
        generations: this.#generations,
        entryScript: script.entryScript,
        mayBeMended: reload.watch && !this.#unattended,
        events: this.#bus,
      },
      signal,
    );
  }

  async #startReloading(
    initial: ProjectSnapshot,
    loader: ModelLoader,
    models: readonly string[],
  ): Promise<void> {
    const { image, gpuModelsOnCpu } = this.#config.engine;
    const notices = new ModelNotices(this.#bus, image, gpuModelsOnCpu);
    void notices.log(initial.repository?.models.values() ?? []);
    const target = new EmulatorTarget({
      loader,
      notices,
      generations: this.#generations,
      onScriptUp: () => {
        this.#scriptFailure = undefined;
      },
    });
    this.#reloader = await startReloader({
      config: this.#config,
      initial,
      modelsAt: this.#engine?.modelsAt,
      refused: {
        models,
        script: this.#scriptFailure !== undefined,
      },
      target,
      events: this.#bus,
    });
    const reloader = this.#reloader;
    // A load that hangs ends with the engine, which goes after this.
    this.#lifetime.defer('watching', () =>
      within(Promise.resolve(reloader[Symbol.asyncDispose]()), RELOAD_END_LIMIT_MS),
    );
    this.#lifetime.defer(
      'readiness',
      this.#bus.subscribe((event) => this.#readiness.follow(event)),
    );
  }

  /** Where it answers, and whether it is ready; what keeps it from that otherwise. */
  async #tellReadiness(ready: boolean): Promise<void> {
    if (this.#ending) return;
    const { scoringUri, httpUrl } = this;
    const { script, projectDir } = this.#config;
    const facts = { scoringUri, httpUrl, deployment: script ? ('script' as const) : ('no-code' as const) };
    if (!ready) {
      const { state } = this.#store;
      const blockers = [...findBlockers(state)];
      const isKnown = state.state === 'degraded' && state.scoringUri === scoringUri;
      const names = (those: readonly Blocker[]) =>
        those.map(({ kind, name }) => `${kind} ${name}`).join('\n');
      if (isKnown && names(state.blockers) === names(blockers)) return;
      this.#bus.emit({ type: 'emulator.degraded', ...facts, blockers });
      return;
    }
    if (script) this.#sample ??= await sampleRequest(projectDir, script, this.#generations?.current?.swagger);
    this.#startMs ??= performance.now() - this.#startedAt;
    this.#bus.emit({
      type: 'emulator.ready',
      ...facts,
      startMs: this.#startMs,
      ...(this.#sample !== undefined && { sample: this.#sample }),
    });
  }

  async #announceInstance(): Promise<void> {
    await this.#instance?.announce({
      projectDir: this.#config.projectDir,
      scoringUri: this.scoringUri,
      httpUrl: this.httpUrl,
      eventLog: this.#eventLog ?? null,
    });
  }

  currentState(): EmulatorState {
    const workers = this.#generations?.current?.workers();
    return workers ? { ...this.#store.state, workers } : this.#store.state;
  }

  state(): Promise<EmulatorState> {
    return Promise.resolve(this.currentState());
  }

  /** Waits for a start under way: what is asked for now must not be taken for done. @throws what it failed with */
  async #started(): Promise<void> {
    if (!this.#starting || this.#ending) throw systemError('NOT_RUNNING', 'the emulator does not run');
    await this.#starting;
  }

  async reload(model?: string): Promise<void> {
    await this.#started();
    // Says why not, where the models are those of a server that is not ours.
    if (model !== undefined && this.#engine?.modelsAt !== undefined) await this.#engine.load(model);
    await this.#reloader?.reload(model);
  }

  async publish(port: number): Promise<void> {
    await this.#started();
    await this.#scoring?.move(port, async () => {
      await this.#tellReadiness(this.#readiness.ready === true);
      await this.#announceInstance();
    });
  }

  async rekey(): Promise<void> {
    await this.#started();
    await this.#scoring?.rekey();
  }

  async pause(): Promise<void> {
    await this.#started();
    this.#reloader?.pause();
  }

  async resume(): Promise<void> {
    await this.#started();
    this.#reloader?.resume();
  }

  async accessKey(): Promise<string | undefined> {
    return this.key;
  }

  async pin(): Promise<void> {
    await this.#started();
    await this.#replay?.pinLast();
  }

  async unpin(): Promise<void> {
    await this.#started();
    this.#replay?.unpin();
  }

  async skipDownload(): Promise<void> {
    this.#skipDownload.abort();
  }

  subscribe(...[listener]: Parameters<Control['subscribe']>): () => void {
    return this.#bus.subscribe(listener);
  }

  stop(reason: string): Promise<void> {
    return this.end(reason, 0);
  }

  end(reason: string, exitCode: number): Promise<void> {
    this.#ending ??= this.#endAll(reason, exitCode);
    return this.#ending;
  }

  async #endAll(reason: string, exitCode: number): Promise<void> {
    this.#bus.emit({ type: 'emulator.stopping', reason });
    this.#stopping.abort(systemError('STOPPING', 'the emulator is stopping'));
    try {
      // A start that is still under way sees the signal, and must not add a part once they are being undone.
      const started = this.#starting?.catch(() => undefined) ?? Promise.resolve();
      const inTime =
        (await within(started, START_UNDO_LIMIT_MS)) &&
        (await within(this.#lifetime[Symbol.asyncDispose](), STOP_LIMIT_MS));
      if (!inTime) throw systemError('STOP_INCOMPLETE', 'not everything stopped in time');
    } finally {
      this.#bus.emit({ type: 'emulator.stopped', exitCode });
      this.#resolveStopped({ reason, exitCode });
    }
  }
}
