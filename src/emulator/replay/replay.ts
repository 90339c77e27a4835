import { messageOf, userError } from '../../base/index.ts';
import type { EmulatorEvent, EventSink } from '../../events/index.ts';
import type { ScoreRequest } from '../../python/index.ts';
import { compareAnswers } from './difference.ts';
import { isPinnable, type PinnedRequest, pinned, tooLarge } from './pinned-request.ts';

export interface ReplayOptions {
  /** The service that receives the requests, and the key that it requires; both may change. */
  readonly service: () => { readonly uri: string; readonly key: string | undefined };
  readonly events: EventSink;
}

interface Answer {
  /** 0 if there was none. */
  readonly status: number;
  readonly body: string;
  readonly generation: number;
  readonly totalMs: number;
}

const ANSWER_LIMIT_MS = 60_000;

/** Sends one pinned request again after each reload and reports how its answer changed. */
export class Replay implements AsyncDisposable {
  readonly #options: ReplayOptions;
  readonly #ended = new AbortController();
  #last: ScoreRequest | 'too large' | undefined;
  #pinned: PinnedRequest | undefined;
  #before: Answer | undefined;
  #running: Promise<void> = Promise.resolve();
  #isDue = false;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  /** Remembers the last request, so that it can be pinned later, but not the body of a large one. */
  note(request: ScoreRequest): void {
    this.#last = isPinnable(request.body) ? request : 'too large';
  }

  /**
   * Pins the last request that the script received.
   * @throws REPLAY_NOTHING, REPLAY_TOO_LARGE
   */
  async pinLast(): Promise<void> {
    if (!this.#last) {
      throw userError('REPLAY_NOTHING', 'the script has got no request that could be pinned', {
        hint: 'send one to /score first, or name a file with --replay',
      });
    }
    if (this.#last === 'too large') throw tooLarge('the last request');
    await this.pin(pinned(this.#last));
  }

  /** Pins a request and sends it once, to get the answer with which later ones are compared. */
  async pin(request: PinnedRequest): Promise<void> {
    this.#pinned = request;
    this.#before = undefined;
    this.#ask();
    await this.#running;
  }

  unpin(): void {
    this.#pinned = undefined;
    this.#options.events.emit({ type: 'replay.unpinned' });
  }

  /** Follows the events: after each completed reload, the request is sent again. */
  follow(event: EmulatorEvent): void {
    if (event.type === 'reload.completed' && event.actions.length > 0) this.#ask();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#running;
  }

  /** Reloads that occur while the request is being answered lead to only one more request. */
  #ask(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#running = this.#running.then(() => {
      this.#isDue = false;
      return this.#replay();
    });
  }

  async #replay(): Promise<void> {
    const request = this.#pinned;
    if (!request || this.#ended.signal.aborted) return;
    const after = await this.#send(request);
    if (this.#pinned !== request || this.#ended.signal.aborted) return;
    const before = this.#before;
    this.#before = after;
    const { events } = this.#options;
    const facts = { method: request.method, path: request.target, status: after.status };
    if (!before) {
      events.emit({ type: 'replay.pinned', ...facts, generation: after.generation });
      return;
    }
    const { reported, total } = compareAnswers(before.body, after.body);
    events.emit({
      type: 'replay.answered',
      ...facts,
      statusBefore: before.status,
      generation: after.generation,
      totalMs: after.totalMs,
      differences: [...reported],
      differenceCount: total,
    });
  }

  async #send({ method, target, contentType, body }: PinnedRequest): Promise<Answer> {
    const { uri, key } = this.#options.service();
    const began = performance.now();
    try {
      const response = await fetch(new URL(target, uri), {
        method,
        headers: {
          ...(contentType !== undefined && { 'content-type': contentType }),
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
        },
        // A request that was sent without a body must not get one.
        body: body.byteLength > 0 ? Buffer.from(body) : null,
        signal: AbortSignal.any([this.#ended.signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]),
      });
      const generation = Number(response.headers.get('x-triton-local-generation') ?? 0);
      const text = await response.text();
      return { status: response.status, body: text, generation, totalMs: performance.now() - began };
    } catch (error) {
      return { status: 0, body: messageOf(error), generation: 0, totalMs: performance.now() - began };
    }
  }
}
