import type { RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  formatAddress,
  Lifetime,
  Mutex,
  messageOf,
  reachableHost,
  systemError,
  type TritonLocalError,
} from '../base/index.ts';
import type { ModelControlMode } from '../config/index.ts';
import { type EventSink, type ModelStatus, type RequestHistory, RequestMeter } from '../events/index.ts';
import { type EngineEndpoints, type GatewayPorts, HttpGateway, SideListeners } from '../proxy/index.ts';
import type { RepositorySync } from '../repository/index.ts';
import type { Engine, LocalEngine, PublishedModel, RunningEngine } from './engine.ts';
import { addressesOf } from './engine-addresses.ts';
import { TritonClient } from './triton-client.ts';

export interface FrontedEngineOptions extends GatewayPorts {
  readonly modelControlMode: ModelControlMode;
  /** Brings the engine's repository, if it is ours, up to date before clients list or load models. */
  readonly sync?: RepositorySync | undefined;
  readonly events: EventSink;
  /** Where each request to its HTTP port is recorded; by default nowhere. */
  readonly requests?: RequestHistory | undefined;
}

/** Back-off before restarting a crashed engine; resets after a minute of stable running. */
const BACK_OFF_MS = [100, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000];
const STABLE_MS = 60_000;

/** An engine that runs elsewhere, behind our own listeners: it may crash and come back while the ports stay open. */
export class FrontedEngine implements Engine {
  readonly kind: Engine['kind'];
  readonly #engine: Engine;
  readonly #options: FrontedEngineOptions;

  constructor(engine: Engine, options: FrontedEngineOptions) {
    this.kind = engine.kind;
    this.#engine = engine;
    this.#options = options;
  }

  /** Opens the ports first, so that a port in use is reported before seconds are spent on the start. */
  async start(signal: AbortSignal): Promise<LocalEngine> {
    const running = new RunningFronted(this.#engine, this.#options);
    try {
      await running.open(signal);
      return running;
    } catch (error) {
      await running[Symbol.asyncDispose]();
      throw error;
    }
  }
}

class RunningFronted implements LocalEngine {
  readonly kind: Engine['kind'];
  readonly exited: Promise<string>;
  readonly #engine: Engine;
  readonly #options: FrontedEngineOptions;
  readonly #lifetime = new Lifetime();
  readonly #stopping = new AbortController();
  /** Loads, unloads and restarts run one at a time. */
  readonly #changes = new Mutex();
  readonly #gateway: HttpGateway;
  readonly #side: SideListeners;
  #http = '';
  #running: RunningEngine | undefined;
  #lastModels: readonly ModelStatus[] = [];
  #version = '';
  #gpu: string | null = null;
  /** Restarts since the engine last ran stably. */
  #restarts = 0;
  /** The restart under way; it never rejects. */
  #restarting: Promise<unknown> = Promise.resolve();
  #resolveExited: (reason: string) => void = () => {};

  constructor(engine: Engine, options: FrontedEngineOptions) {
    this.kind = engine.kind;
    this.#engine = engine;
    this.#options = options;
    this.exited = new Promise((resolve) => {
      this.#resolveExited = resolve;
    });
    // Disposed in reverse order: requests in flight finish before the engine stops.
    this.#lifetime.defer('engine', () => this.#running?.[Symbol.asyncDispose]());
    const { host, modelControlMode, sync, events, requests } = options;
    const onModelControl = () => void this.#running?.refresh?.().catch(() => undefined);
    const allowsControl = modelControlMode === 'explicit';
    this.#side = this.#lifetime.use(
      'side listeners',
      new SideListeners({ ...options, allowsControl, onModelControl }, events),
    );
    const meter = new RequestMeter(events, requests);
    this.#lifetime.defer('request meter', () => meter.flush());
    this.#gateway = this.#lifetime.use(
      'gateway',
      new HttpGateway({
        host,
        port: options.httpPort,
        modelControlMode,
        sync,
        onModelControl,
        meter,
        onError: (error) => {
          const text = `the Triton HTTP port cannot accept a connection: ${error.message}`;
          events.emit({ type: 'log.line', source: 'emulator', level: 'error', text });
        },
      }),
    );
    this.#lifetime.defer('restarts', async () => {
      this.#stopping.abort(systemError('STOPPING', 'the engine stops'));
      await this.#restarting;
    });
  }

  async open(signal: AbortSignal): Promise<void> {
    const port = await this.#gateway.listen();
    const { host } = this.#options;
    this.#http = `http://${formatAddress(reachableHost(host), port)}`;
    const running = await this.#engine.start(signal);
    if (this.#lifetime.ended) {
      await running[Symbol.asyncDispose]();
      throw systemError('START_ABORTED', 'the engine was stopped while it started');
    }
    this.#running = running;
    await this.#side.openFor(running.endpoints);
    this.#use(running);
  }

  get version(): string {
    return this.#version;
  }

  get gpu(): string | null {
    return this.#gpu;
  }

  get listener(): RequestListener {
    return this.#gateway.listener;
  }

  get modelsAt(): string | undefined {
    return this.#running?.modelsAt;
  }

  get endpoints(): EngineEndpoints {
    return { http: this.#http, ...this.#side.addresses };
  }

  load(model: string): Promise<void> {
    return this.#changes.run(async () => (await this.#present()).load(model));
  }

  unload(model: string): Promise<void> {
    return this.#changes.run(async () => {
      const running = await this.#present();
      const hadFailed = running.models().some((it) => it.name === model && it.state === 'UNAVAILABLE');
      await running.unload(model);
      if (hadFailed) await this.#replaceIfStuck(running, model);
    });
  }

  async publish(model: string): Promise<PublishedModel> {
    const published = await (await this.#present()).publish?.(model);
    return published ?? { commit: async () => {}, rollback: async () => {} };
  }

  models(): readonly ModelStatus[] {
    return this.#running?.models() ?? this.#lastModels;
  }

  async loadFailure(model: string): Promise<TritonLocalError | undefined> {
    return this.#running?.loadFailure(model);
  }

  async refresh(): Promise<void> {
    await this.#running?.refresh?.();
  }

  async #present(): Promise<RunningEngine> {
    if (this.#running) return this.#running;
    throw systemError('ENGINE_GONE', `the ${this.kind} engine has exited and could not be restarted`);
  }

  #use(running: RunningEngine): void {
    this.#running = running;
    this.#version = running.version;
    this.#gpu = running.gpu;
    this.#gateway.switchTo(running.endpoints);
    this.#side.switchTo(running.endpoints);
    const began = performance.now();
    void running.exited.then((reason) => this.#onExit(running, reason, performance.now() - began));
  }

  async #onExit(running: RunningEngine, reason: string, ranMs: number): Promise<void> {
    if (this.#running !== running || this.#lifetime.ended) return;
    this.#lastModels = running.models();
    this.#running = undefined;
    this.#gateway.pause();
    this.#side.switchTo(undefined);
    if (ranMs > STABLE_MS) this.#restarts = 0;
    const { events } = this.#options;
    events.emit({ type: 'engine.exited', kind: this.kind, reason });
    await Promise.resolve(running[Symbol.asyncDispose]()).catch(() => undefined);
    this.#restarting = this.#changes.run(() => this.#restart(reason)).catch(() => undefined);
  }

  async #restart(reason: string): Promise<void> {
    const { events } = this.#options;
    const { signal } = this.#stopping;
    let last = reason;
    while (this.#restarts < BACK_OFF_MS.length) {
      await sleep(BACK_OFF_MS[this.#restarts], undefined, { signal });
      this.#restarts += 1;
      const began = performance.now();
      events.emit({ type: 'engine.starting', kind: this.kind });
      try {
        await this.#replace(signal);
        const { kind, version } = this;
        events.emit({
          type: 'engine.ready',
          kind,
          version,
          ...addressesOf(this.endpoints),
          startMs: performance.now() - began,
        });
        return;
      } catch (error) {
        signal.throwIfAborted();
        last = messageOf(error);
        events.emit({ type: 'engine.exited', kind: this.kind, reason: last });
      }
    }
    this.#gateway.fail(`the ${this.kind} engine has exited and could not be restarted: ${last}`);
    this.#resolveExited(last);
  }

  /** Starts a new engine and sends all requests there. */
  #replace(signal: AbortSignal): Promise<void> {
    const replacement = this.#startAnother(signal);
    this.#restarting = replacement.catch(() => undefined);
    return replacement;
  }

  async #startAnother(signal: AbortSignal): Promise<void> {
    const running = await this.#engine.start(signal);
    if (signal.aborted || this.#lifetime.ended) {
      await running[Symbol.asyncDispose]();
      return;
    }
    this.#use(running);
  }

  /**
   * A real Triton stays "not ready" after a first load that failed, even once that model has been removed
   * (docs/reference/triton.md#measured). A new one then takes over without a gap, so that removing the model restores
   * readiness, as in the embedded engine. An external server is not ours to replace.
   */
  async #replaceIfStuck(running: RunningEngine, removed: string): Promise<void> {
    const others = running.models().filter(({ name }) => name !== removed);
    if (running.modelsAt !== undefined || others.some(({ state }) => state !== 'READY')) return;
    const client = new TritonClient(running.endpoints);
    const isReady = await client.answers('ready').finally(() => client[Symbol.asyncDispose]());
    if (isReady || this.#running !== running) return;
    await this.#replace(this.#stopping.signal);
    await running[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#lifetime[Symbol.asyncDispose]();
  }
}
