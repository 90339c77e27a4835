import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { messageOf, systemError } from '../../base/index.ts';
import type { ModelStatus } from '../../events/index.ts';
import type { PublishedModel } from '../engine.ts';
import { explainLoadFailure, explainUnread, loadFailure, withPlainReason } from '../load-failure.ts';
import type { ModelBoard } from '../model-board.ts';
import { type IndexEntry, type TritonClient, TritonRefusal } from '../triton-client.ts';
import { copyModel, removeModel } from './model-copy.ts';
import type { ServedRepository } from './served-repository.ts';

const UNLOAD_LIMIT_MS = 10_000;
const POLL_MS = 20;

export interface ContainerModelsParts {
  readonly client: TritonClient;
  readonly board: ModelBoard;
  readonly served: ServedRepository;
  /** Where models are copied to; undefined where the container sees the served repository itself. */
  readonly copyTo: Docker.Container | undefined;
  /** The staged model repository, which reasons and places name. */
  readonly repository: string;
}

/** Loads and unloads in a running container, and what its repository index told last. */
export class ContainerModels {
  readonly #parts: ContainerModelsParts;
  /** A model that failed stays in Triton's index after it was unloaded. */
  readonly #unloaded = new Set<string>();

  constructor(parts: ContainerModelsParts) {
    this.#parts = parts;
  }

  /** @throws MODEL_LOAD_FAILED with Triton's reason, and the place where it names one */
  async load(model: string): Promise<void> {
    const { client, board, served, copyTo, repository } = this.#parts;
    this.#unloaded.delete(model);
    const translation = await served.translate(model);
    try {
      if (copyTo) await copyModel(copyTo, served.directory, model);
      await client.load(model);
      await translation?.commit();
    } catch (error) {
      await translation?.rollback();
      throw await loadFailure(this.#plain(error), model, repository, board);
    } finally {
      await this.refresh();
    }
  }

  /** Shows the container what is staged of a model, without having it loaded. */
  async publish(model: string): Promise<PublishedModel> {
    const { served, copyTo } = this.#parts;
    const translation = await served.translate(model);
    const copy = async () => {
      if (copyTo) await copyModel(copyTo, served.directory, model);
    };
    await copy();
    return {
      commit: async () => translation?.commit(),
      rollback: async () => {
        await translation?.rollback();
        await copy();
      },
    };
  }

  /** @throws MODEL_UNLOAD_FAILED with Triton's reason */
  async unload(model: string): Promise<void> {
    const { client, copyTo } = this.#parts;
    try {
      await client.unload(model);
      this.#unloaded.add(model);
      this.#parts.board.forget(model);
      if (copyTo) await removeModel(copyTo, model);
    } catch (error) {
      throw systemError('MODEL_UNLOAD_FAILED', messageOf(this.#plain(error)), { cause: error });
    } finally {
      await this.#untilGone(model);
    }
  }

  list(): readonly ModelStatus[] {
    return this.#parts.board.models;
  }

  loadFailure(model: string) {
    return explainLoadFailure(model, this.#parts.repository, this.#parts.board);
  }

  async refresh(): Promise<void> {
    const { client, board, served, repository } = this.#parts;
    await served.tidy();
    // An engine that no longer answers says so by its end; what was known stays known until then.
    const index = await client.index().catch(() => undefined);
    if (!index) return;
    const loaded = index.filter(({ name, state }) => !this.#unloaded.has(name) || isServed(state));
    await explainUnread(loaded, repository, board);
    board.update(loaded.map((entry) => withPlainReason(entry, served)));
  }

  /** Triton answers an unload before the version is gone; requests within it may hold it for a while. */
  async #untilGone(model: string): Promise<void> {
    const limit = performance.now() + UNLOAD_LIMIT_MS;
    for (;;) {
      await this.refresh();
      const isGoing = this.list().some(({ name, state }) => name === model && state === 'UNLOADING');
      if (!isGoing || performance.now() > limit) return;
      await sleep(POLL_MS);
    }
  }

  #plain(error: unknown): unknown {
    if (!(error instanceof TritonRefusal)) return error;
    return new TritonRefusal(error.status, this.#parts.served.plain(error.message));
  }
}

function isServed(state: IndexEntry['state']): boolean {
  return state === 'READY' || state === 'LOADING' || state === 'UNLOADING';
}
