import path from 'node:path';
import { Lifetime, systemError } from '../base/index.ts';
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
import { startEngine } from './engine-start.ts';
import { exposureWarning } from './exposure.ts';
import { startFirstGeneration } from './first-generation.ts';
import type { Generations } from './generations.ts';
import { ModelLoader } from './model-loader.ts';
import { ModelNotices } from './model-notices.ts';
import { isReady, Readiness } from './readiness.ts';
import { EmulatorTarget } from './reload-target.ts';
import type { Replay } from './replay/replay.ts';
import { startReplay } from './replay/start-replay.ts';
import { sampleRequest } from './sample-request.ts';
import { ScoringDoor } from './scoring-door.ts';
import { ScriptSettings } from './script-settings.ts';
import { prepareScript } from './script-start.ts';
import { emitStartFailures } from './start-failures.ts';

export interface EmulatorOptions {
  readonly config: ProjectConfig;
  /** Resolves the same project again, so that the script's settings follow its files; without it they stay. */
  readonly resolve?: () => Promise<ProjectConfig>;
  /** Folders in which to look for `onnxruntime-node` after the project's own. */
  readonly runtimePaths: readonly string[];
  /**
   * The file that keeps the events of an emulator that runs without a terminal. Nobody is there to mend a script whose
   * first `init()` fails, so that such a start fails.
   */
  readonly eventLog?: string;
  /** The keys that callers may send, where keys are asked for; those of the workspace by default. */
  readonly keys?: () => Promise<readonly string[]>;
}

/** An emulator that may be watched from its first event on; `start` is called once. */
export interface Emulator {
  readonly control: Control;
  /**
   * Starts the engine, the scoring service, the script and the watching, in this order. Resolves when all of it is
   * up, or up and waiting for the next save because a model or the script failed (the `reload.failed` and
   * `model.state` events say so); `emulator.ready` tells when both listeners answer 200, `emulator.degraded` what
   * keeps them from it.
   * @throws what failed, without watching also a failing script; whoever called then ends it.
   */
  start(signal: AbortSignal): Promise<RunningEmulator>;
  /** Ends everything, also a start that is under way; twice is once. `exitCode` goes into `emulator.stopped`. */
  end(reason: string, exitCode: number): Promise<void>;
}

/** Why everything stopped, and the status that the process should end with. */
export interface Ending {
  readonly reason: string;
  readonly exitCode: number;
}

/** Everything, running. */
export interface RunningEmulator {
  /** Where to post, e.g. `http://localhost:6789/score`; in no-code mode the base of the service. */
  readonly scoringUri: string;
  /** Base of the engine's HTTP service. */
  readonly httpUrl: string;
  /** The key that callers must send, where keys are asked for. */
  readonly key: string | undefined;
  /** Whether both doors answer 200; false while a model or the script waits to be mended. */
  readonly ready: boolean;
  /** Resolves when everything has been stopped, whoever asked for it, or because the engine is gone for good. */
  readonly stopped: Promise<Ending>;
}

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
  readonly #readiness = new Readiness(
    () => isReady(this.httpUrl, new URL('/', this.scoringUri).href),
    (ready) => this.#tellReadiness(ready),
  );
  /** A body for the script that can be tried. */
  #sample: string | undefined;
  #startMs: number | undefined;

  constructor({ config, resolve, runtimePaths, eventLog, keys }: EmulatorOptions) {
    this.#config = config;
    this.#resolve = resolve;
    this.#runtimePaths = runtimePaths;
    this.#eventLog = eventLog;
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
    const instance = this.#lifetime.use('instance folder', await workspace.createInstance());
    const stagedRepository = path.join(instance.directory, 'repository');

    const initial = await snapshotProject(config);
    const paths = new UserPaths(stagedRepository, initial.repository, config.projectDir);
    const onClientLoad = (model: ModelSnapshot) => this.#reloader?.accept(model);
    const loader = new ModelLoader({ config, stagedRepository, paths, initial, onClientLoad });
    const { engine, failures } = await startEngine(
      {
        config,
        initial,
        stagedRepository,
        paths,
        sync: loader,
        runtimePaths: this.#runtimePaths,
        skipDownload: this.#skipDownload.signal,
        events: this.#bus,
      },
      signal,
    );
    this.#lifetime.use('engine', engine);
    loader.use(engine);
    // It was started again as often as makes sense; without it nothing is left to serve.
    void engine.exited.then((reason) => this.end(`the ${engine.kind} engine is gone: ${reason}`, 1));
    this.httpUrl = engine.endpoints.http;
    emitStartFailures(failures, this.#bus);
    this.#lifetime.use('statistics', new StatisticsSampler(engine.endpoints, this.#bus));

    this.#prepareScript();
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
    this.#instance = instance;
    this.#lifetime.use('control socket', await serveControl(this, instance.controlSocket));
    await this.#announceInstance();
  }

  #warn(text: string | undefined): void {
    if (text !== undefined) this.#bus.emit({ type: 'log.line', source: 'emulator', level: 'warning', text });
  }

  /** Before the scoring service, so that at the end its requests are answered before their workers go. */
  #prepareScript(): void {
    const { script } = this.#config;
    if (!script) return;
    const settings = new ScriptSettings({
      config: this.#config,
      resolve: this.#resolve,
      events: this.#bus,
    });
    this.#generations = prepareScript(
      { settings, script, engineUrl: this.httpUrl, events: this.#bus },
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
        mayBeMended: reload.watch && this.#eventLog === undefined,
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
      refused: {
        models,
        script: this.#scriptFailure !== undefined,
      },
      target,
      events: this.#bus,
    });
    this.#lifetime.use('watching', this.#reloader);
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

  async reload(model?: string): Promise<void> {
    await this.#reloader?.reload(model);
  }

  async publish(port: number): Promise<void> {
    await this.#scoring?.move(port, async () => {
      await this.#tellReadiness(this.#readiness.ready === true);
      await this.#announceInstance();
    });
  }

  async rekey(): Promise<void> {
    await this.#scoring?.rekey();
  }

  async pause(): Promise<void> {
    this.#reloader?.pause();
  }

  async resume(): Promise<void> {
    this.#reloader?.resume();
  }

  async accessKey(): Promise<string | undefined> {
    return this.key;
  }

  async pin(): Promise<void> {
    await this.#replay?.pinLast();
  }

  async unpin(): Promise<void> {
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
      await this.#starting?.catch(() => undefined);
      await this.#lifetime[Symbol.asyncDispose]();
    } finally {
      this.#bus.emit({ type: 'emulator.stopped', exitCode });
      this.#resolveStopped({ reason, exitCode });
    }
  }
}
