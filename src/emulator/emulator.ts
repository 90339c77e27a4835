import path from 'node:path';
import { Lifetime, systemError, within } from '../base/index.ts';
import type { ProjectConfig } from '../config/index.ts';
import { type Control, type ServiceControl, serveControl } from '../control/index.ts';
import { type LocalEngine, type RunningEngine, StatisticsSampler } from '../engines/index.ts';
import { asServedBy, type EmulatorState, EventBus, StateStore } from '../events/index.ts';
import { type ProjectSnapshot, type Reloader, snapshotProject, startReloader } from '../reload/index.ts';
import { type Instance, openWorkspace, type Workspace } from '../workspace/index.ts';
import type { Emulator, EmulatorOptions, Ending, RunningEmulator } from './contract.ts';
import { startEngine } from './engine-start.ts';
import { startFirstGeneration } from './first-generation.ts';
import type { Generations } from './generations.ts';
import { ModelLoader } from './model-loader.ts';
import { checkPorts } from './port-check.ts';
import { isReady } from './readiness.ts';
import { EmulatorTarget } from './reload-target.ts';
import type { Replay } from './replay/replay.ts';
import { startReplay } from './replay/start-replay.ts';
import { ScoringDoor } from './scoring-door.ts';
import { ScriptSettings } from './script-settings.ts';
import { prepareScript } from './script-start.ts';

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
  #reloader: Reloader | undefined;
  #instance: Instance | undefined;
  #scoring: ScoringDoor | undefined;
  #replay: Replay | undefined;
  #scriptFailure: string | undefined;
  #announcedReady = false;
  #startMs = 0;

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
    return this.#announcedReady;
  }

  async #start(signal: AbortSignal): Promise<void> {
    const config = this.#config;
    this.#bus.emit({ type: 'emulator.starting', projectDir: config.projectDir, pid: process.pid });

    const workspace = await openWorkspace(config.home);
    await workspace.sweep();
    this.#instance ??= this.#lifetime.use('instance folder', await workspace.createInstance());
    const instance = this.#instance;
    const stagedRepository = path.join(instance.directory, 'repository');
    await checkPorts(config, () => workspace.list());

    const initial = await snapshotProject(config);
    const engine = await startEngine(
      {
        config,
        initial,
        stagedRepository,
        sharedMemoryPrefix: instance.sharedMemoryPrefix,
        uses: (file) => instance.uses(file),
        runtimePaths: this.#runtimePaths,
        skipDownload: this.#skipDownload.signal,
        events: this.#bus,
      },
      signal,
    );
    this.#lifetime.use('engine', engine);
    // It was started again as often as makes sense; without it nothing is left to serve.
    // Whoever waits for `stopped` calls `end`, too, and hears of what did not stop.
    engine.exited
      .then((reason) => this.end(`the ${engine.kind} engine is gone: ${reason}`, 1))
      .catch(() => undefined);
    this.httpUrl = engine.endpoints.http;
    this.#lifetime.use('statistics', new StatisticsSampler(engine.endpoints, this.#bus));

    this.#prepareScript(instance);
    await this.#startScoring(workspace, engine);
    await this.#startScript(signal);
    await this.#announceWhenReady();
    await this.#startReloading(initial, engine, stagedRepository);
    this.#replay = await startReplay(
      { config, service: this, firstModel: this.#store.state.models[0]?.name, events: this.#bus },
      this.#lifetime,
    );
    this.#lifetime.use('control socket', await serveControl(this, instance.controlSocket));
    await this.#announceInstance();
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
    const { auth, primaryKey } = this.#config;
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
        return (await this.#givenKeys?.()) ?? [primaryKey ?? (await workspace.keys('default')).primary];
      },
      events: this.#bus,
    });
    this.#scoring = this.#lifetime.use('scoring service', door);
  }

  /** What is broken, where `--strict-reload` asks that nothing older answers. */
  #refusal(): string | undefined {
    if (!this.#config.strictReload) return undefined;
    const { failures } = asServedBy(this.#store.state, this.#generations?.serving ?? 0);
    const newest = failures.at(-1);
    return newest && `The newest save is broken (--strict-reload): ${newest.error.message}`;
  }

  async #startScript(signal: AbortSignal): Promise<void> {
    const { script, watch } = this.#config;
    if (!script || !this.#generations) return;
    this.#scriptFailure = await startFirstGeneration(
      {
        generations: this.#generations,
        entryScript: script.entryScript,
        mayBeMended: watch && !this.#unattended,
        events: this.#bus,
      },
      signal,
    );
  }

  async #startReloading(initial: ProjectSnapshot, engine: RunningEngine, staged: string): Promise<void> {
    const target = new EmulatorTarget({
      loader: new ModelLoader(engine, staged),
      generations: this.#generations,
      onScriptUp: () => {
        this.#scriptFailure = undefined;
      },
    });
    this.#reloader = await startReloader({
      config: this.#config,
      initial,
      refused: {
        models: engine.models().flatMap(({ name, state }) => (state === 'UNAVAILABLE' ? [name] : [])),
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
    const unsubscribe = this.#bus.subscribe((event) => {
      if (event.type === 'reload.completed' || event.type === 'reload.failed') void this.#announceWhenReady();
    });
    this.#lifetime.defer('readiness', unsubscribe);
  }

  /** Once, when both doors answer 200: at start, or after the save that mends what failed then. */
  async #announceWhenReady(): Promise<void> {
    if (this.#announcedReady) return;
    const scoringRoot = new URL('/', this.scoringUri).href;
    if (!(await isReady(this.httpUrl, scoringRoot)) || this.#announcedReady || this.#ending) return;
    this.#announcedReady = true;
    this.#startMs = performance.now() - this.#startedAt;
    this.#tellReady();
  }

  #tellReady(): void {
    this.#bus.emit({
      type: 'emulator.ready',
      scoringUri: this.scoringUri,
      httpUrl: this.httpUrl,
      deployment: this.#config.script ? 'script' : 'no-code',
      startMs: this.#startMs,
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
    await this.#reloader?.reload(model);
  }

  async publish(port: number): Promise<void> {
    await this.#started();
    await this.#scoring?.move(port, async () => {
      if (this.#announcedReady) this.#tellReady();
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
