import { type Lifetime, messageOf, systemError } from '../../base/index.ts';
import type { ModelState } from '../../events/index.ts';
import type { PublishedModel, RunningEngine } from '../engine.ts';
import { explainLoadFailure, explainUnread, loadFailure, withPlainReason } from '../load-failure.ts';
import type { ModelBoard } from '../model-board.ts';
import type { TranslatedRepository } from '../onnx-as-python/translated-repository.ts';
import { type IndexEntry, type TritonClient, TritonRefusal } from '../triton-client.ts';
import type { TritonProcess } from './process.ts';

interface RunFacts {
  readonly version: string;
  readonly gpu: string | null;
  readonly ports: { readonly http: number; readonly grpc: number; readonly metrics: number };
  /** The staged model repository. */
  readonly repository: string;
  readonly translated: TranslatedRepository | undefined;
  /** Models that were unloaded; shared with the processes that come after this one. */
  readonly unloaded: Set<string>;
}

interface RunParts {
  readonly client: TritonClient;
  readonly board: ModelBoard;
  readonly triton: TritonProcess;
  /** Ends all of them. */
  readonly lifetime: Lifetime;
}

const LOOK_AGAIN_MS = 200;

/** A `tritonserver` that answers. */
export class RunningNative implements RunningEngine {
  readonly kind = 'native';
  readonly gpu: string | null;
  readonly version: string;
  readonly endpoints: RunningEngine['endpoints'];
  readonly exited: Promise<string>;
  readonly #facts: RunFacts;
  readonly #parts: RunParts;
  #timer: NodeJS.Timeout | undefined;

  constructor(facts: RunFacts, parts: RunParts) {
    this.#facts = facts;
    this.#parts = parts;
    this.version = facts.version;
    this.gpu = facts.gpu;
    const { http, grpc, metrics } = facts.ports;
    this.endpoints = {
      http: `http://127.0.0.1:${http}`,
      grpc: `127.0.0.1:${grpc}`,
      metrics: `127.0.0.1:${metrics}`,
    };
    // An end that we asked for is none to tell of.
    const { triton, lifetime } = parts;
    this.exited = triton.exited.then((reason) => (lifetime.ended ? new Promise(() => {}) : reason));
  }

  async load(model: string): Promise<void> {
    const { unloaded, translated, repository } = this.#facts;
    const { client, triton, board } = this.#parts;
    unloaded.delete(model);
    const translation = await translated?.translate(model);
    try {
      // Triton waits without an end for a stub that cannot start.
      await Promise.race([client.load(model), triton.unloadable]);
      await translation?.commit();
    } catch (error) {
      await translation?.rollback();
      throw await loadFailure(this.#plain(error), model, repository, board);
    } finally {
      await this.#update();
    }
  }

  #plain(error: unknown): unknown {
    const { translated } = this.#facts;
    if (!translated || !(error instanceof TritonRefusal)) return error;
    return new TritonRefusal(error.status, translated.plain(error.message));
  }

  async unload(model: string): Promise<void> {
    try {
      await this.#parts.client.unload(model);
      this.#facts.unloaded.add(model);
      this.#parts.board.forget(model);
    } catch (error) {
      const reason = error instanceof TritonRefusal ? error.message : messageOf(error);
      throw systemError('MODEL_UNLOAD_FAILED', reason, { cause: error });
    } finally {
      await this.#update();
    }
  }

  async publish(model: string): Promise<PublishedModel> {
    return (
      (await this.#facts.translated?.translate(model)) ?? { commit: async () => {}, rollback: async () => {} }
    );
  }

  models() {
    return this.#parts.board.models;
  }

  loadFailure(model: string) {
    return explainLoadFailure(model, this.#facts.repository, this.#parts.board);
  }

  refresh(): Promise<void> {
    return this.#update();
  }

  /** Where nothing answers, the end of the process is told elsewhere. */
  async #update(): Promise<void> {
    const { unloaded, translated, repository } = this.#facts;
    const { client, board, lifetime } = this.#parts;
    await translated?.tidy();
    const index = await client.index().catch(() => undefined);
    if (!index || lifetime.ended) return;
    noteUnloaded(index, unloaded);
    // A model that failed stays in Triton's index after it was unloaded, and one without a load is named there.
    const loaded = index.filter(
      ({ name, state }) => !unloaded.has(name) || isMoving(state) || state === 'READY',
    );
    await explainUnread(loaded, repository, board);
    board.update(loaded.map((entry) => withPlainReason(entry, translated)));
    if (loaded.some(({ state }) => isMoving(state)) && !lifetime.ended) this.#lookAgain();
  }

  /** Requests under way hold an unload up after it was answered. */
  #lookAgain(): void {
    clearTimeout(this.#timer);
    // What the disk refuses now shows at the next load or unload.
    this.#timer = setTimeout(() => this.#update().catch(() => undefined), LOOK_AGAIN_MS);
    this.#timer.unref();
  }

  [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    return this.#parts.lifetime[Symbol.asyncDispose]();
  }
}

/** What clients have unloaded stays unloaded when the next process starts; what they have loaded does not. */
function noteUnloaded(index: readonly IndexEntry[], unloaded: Set<string>): void {
  for (const { name, state, reason } of index) {
    if (state === 'UNAVAILABLE' && reason === 'unloaded') unloaded.add(name);
  }
  for (const { name, state } of index) if (state === 'READY') unloaded.delete(name);
}

function isMoving(state: ModelState | undefined): boolean {
  return state === 'LOADING' || state === 'UNLOADING';
}
