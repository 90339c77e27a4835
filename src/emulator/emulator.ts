import { Lifetime, systemError, within } from '../base/index.ts';
import { type Control, type ServiceControl, serveControl } from '../control/index.ts';
import { addressesOf } from '../engines/index.ts';
import { type EmulatorState, EventBus, EventHistory, RequestHistory, StateStore } from '../events/index.ts';
import type { Emulator, EmulatorOptions, Ending, RunningEmulator } from './contract.ts';
import { completeParts, type EmulatorContext, type Parts, type Services, startServices } from './parts.ts';

/** The parts have their own limits; these apply if one hangs in spite of them. */
const START_UNDO_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 90_000;

export function createEmulator(options: EmulatorOptions): Emulator {
  return new ProjectEmulator(options);
}

class ProjectEmulator implements Emulator, RunningEmulator, ServiceControl {
  readonly control: Control = this;
  readonly stopped: Promise<Ending>;
  readonly #options: EmulatorOptions;
  readonly #events = new EventBus();
  readonly #store = new StateStore(this.#events);
  readonly #history = new EventHistory(this.#events);
  readonly #requests = new RequestHistory(this.#events);
  readonly #lifetime = new Lifetime();
  readonly #stopping = new AbortController();
  readonly #skipDownload = new AbortController();
  readonly #startedAt = performance.now();
  #resolveStopped: (ending: Ending) => void = () => undefined;
  /** Set once the scoring port is open. */
  #services: Services | undefined;
  #parts: Promise<Parts> | undefined;
  #ending: Promise<void> | undefined;

  constructor(options: EmulatorOptions) {
    this.#options = options;
    this.stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve;
    });
    if (options.instance) this.#lifetime.use('instance folder', options.instance);
  }

  async start(signal: AbortSignal): Promise<RunningEmulator> {
    this.#parts = this.#start(AbortSignal.any([signal, this.#stopping.signal]));
    await this.#parts;
    return this;
  }

  async #start(signal: AbortSignal): Promise<Parts> {
    const { config } = this.#options;
    const { projectDir } = config;
    this.#events.emit({
      type: 'emulator.starting',
      projectDir,
      pid: process.pid,
      auth: config.scoring.auth,
    });
    for (const text of config.warnings) {
      this.#events.emit({ type: 'log.line', source: 'emulator', level: 'warning', text });
    }
    const context: EmulatorContext = {
      options: this.#options,
      events: this.#events,
      store: this.#store,
      history: this.#history,
      requests: this.#requests,
      control: this,
      startedAt: this.#startedAt,
      lifetime: this.#lifetime,
      stopping: this.#stopping.signal,
      skipDownload: this.#skipDownload.signal,
      // The caller that waits for `stopped` calls `end` too, and learns what did not stop.
      onEngineGone: (reason) => void this.end(reason, 1).catch(() => undefined),
    };
    const services = await startServices(context, signal);
    this.#services = services;
    const parts = await completeParts(services, context, signal);
    this.#lifetime.use('control socket', await serveControl(this, parts.instance.controlSocket));
    await this.#announce(parts);
    return parts;
  }

  get scoringUri(): string {
    return this.#services?.scoring.uri ?? '';
  }

  get httpUrl(): string {
    return this.#services?.engine.endpoints.http ?? '';
  }

  get grpcAddress(): string | undefined {
    return this.#services?.report.addresses.grpcAddress;
  }

  get metricsUrl(): string | undefined {
    return this.#services?.report.addresses.metricsUrl;
  }

  get key(): string | undefined {
    return this.#services?.scoring.key;
  }

  get ready(): boolean {
    return this.#services?.readiness.ready === true;
  }

  /** Lets other commands find this emulator. */
  async #announce({ instance, scoring, engine }: Parts): Promise<void> {
    await instance.announce({
      kind: 'emulator',
      projectDir: this.#options.config.projectDir,
      scoringUri: scoring.uri,
      ...addressesOf(engine.endpoints),
      eventLog: this.#options.eventLog ?? null,
    });
  }

  currentState(): EmulatorState {
    const workers = this.#services?.generations?.current?.workers();
    return workers ? { ...this.#store.state, workers } : this.#store.state;
  }

  state(): Promise<EmulatorState> {
    return Promise.resolve(this.currentState());
  }

  /**
   * Waits until the start is complete, so that a request made during it is not reported as done too early.
   * @throws NOT_RUNNING, or what the start failed with
   */
  async #started(): Promise<Parts> {
    if (!this.#parts || this.#ending) throw systemError('NOT_RUNNING', 'the emulator is not running');
    return this.#parts;
  }

  async reload(model?: string): Promise<void> {
    const { engine, reloader } = await this.#started();
    // The models of an external server are not ours to load: the engine throws an error that says so.
    if (model !== undefined && engine.modelsAt !== undefined) await engine.load(model);
    await reloader.reload(model);
  }

  async publish(port: number): Promise<void> {
    const parts = await this.#started();
    await parts.scoring.move(port, async () => {
      await parts.report.emit(parts.readiness.ready === true);
      await this.#announce(parts);
    });
  }

  async rekey(): Promise<void> {
    const { scoring } = await this.#started();
    await scoring.rekey();
  }

  async pause(): Promise<void> {
    const { reloader } = await this.#started();
    reloader.pause();
  }

  async resume(): Promise<void> {
    const { reloader } = await this.#started();
    reloader.resume();
  }

  async accessKey(): Promise<string | undefined> {
    return this.key;
  }

  async pin(): Promise<void> {
    const { replay } = await this.#started();
    await replay.pinLast();
  }

  async unpin(): Promise<void> {
    const { replay } = await this.#started();
    replay.unpin();
  }

  async skipDownload(): Promise<void> {
    this.#skipDownload.abort();
  }

  subscribe(...[listener]: Parameters<Control['subscribe']>): () => void {
    return this.#events.subscribe(listener);
  }

  stop(reason: string): Promise<void> {
    return this.end(reason, 0);
  }

  end(reason: string, exitCode: number): Promise<void> {
    this.#ending ??= this.#endAll(reason, exitCode);
    return this.#ending;
  }

  async #endAll(reason: string, exitCode: number): Promise<void> {
    this.#events.emit({ type: 'emulator.stopping', reason });
    this.#stopping.abort(systemError('STOPPING', 'the emulator is stopping'));
    try {
      // A start under way sees the signal. It must not add a part while the others are being disposed of.
      const started = this.#parts?.catch(() => undefined) ?? Promise.resolve();
      const inTime =
        (await within(started, START_UNDO_LIMIT_MS)) &&
        (await within(this.#lifetime[Symbol.asyncDispose](), STOP_LIMIT_MS));
      if (!inTime) throw systemError('STOP_INCOMPLETE', 'not everything stopped in time');
    } finally {
      this.#events.emit({ type: 'emulator.stopped', exitCode });
      this.#resolveStopped({ reason, exitCode });
    }
  }
}
