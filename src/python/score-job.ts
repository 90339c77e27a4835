import { collectSoon } from '../base/index.ts';
import type { ReplyFrame } from './frames.ts';
import type { ReplyStream } from './reply-stream.ts';
import type { ScoreOutcome, ScoreRequest } from './score-pool.ts';
import type { WorkerJob } from './worker-job.ts';

/** One accepted request: its caller's promise, its timings, and its place in the queue. */
export class ScoreJob implements WorkerJob {
  readonly request: ScoreRequest;
  settled = false;
  /** Called once, when the caller has its answer or has disconnected. */
  onSettled: (() => void) | undefined;
  readonly #signal: AbortSignal;
  readonly #resolve: (outcome: ScoreOutcome) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #acceptedAt = performance.now();
  dispatchedAt = 0;

  constructor(
    request: ScoreRequest,
    signal: AbortSignal,
    resolve: (outcome: ScoreOutcome) => void,
    reject: (reason: unknown) => void,
  ) {
    this.request = request;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    signal.addEventListener('abort', this);
  }

  /** A worker takes the request. */
  dispatch(): void {
    this.dispatchedAt = performance.now();
  }

  /** The signal was aborted. A worker that already has the request continues; its answer is discarded. */
  handleEvent(): void {
    if (this.#settle()) this.#reject(this.#signal.reason);
  }

  reply(reply: ReplyFrame): void {
    this.#finish(reply, reply.body);
  }

  stream(reply: ReplyFrame, body: ReplyStream): boolean {
    return this.#finish(reply, body);
  }

  /** The real server's answer to a `run()` that took too long. */
  timeOut(limitMs: number): void {
    this.reply({
      status: 500,
      headers: [['Content-Type', 'application/json']],
      body: Buffer.from(`{"message": "Scoring timeout after ${limitMs} ms"}`),
      streamed: false,
      aborted: false,
      runFunctionFailed: true,
      runReturned: false,
      runMs: limitMs,
    });
  }

  /** The outcome when gunicorn ends the worker of a request. */
  abort(runMs: number): void {
    if (this.#settle()) this.#resolve({ kind: 'aborted', queueMs: this.#queueMs, runMs });
  }

  get #queueMs(): number {
    return this.dispatchedAt === 0 ? 0 : this.dispatchedAt - this.#acceptedAt;
  }

  lost(reason: string): void {
    if (this.#settle()) this.#resolve(lostOutcome(reason, this.#queueMs));
  }

  #finish(reply: ReplyFrame, body: Uint8Array | ReplyStream): boolean {
    if (!this.#settle()) return false;
    const { status, headers, runFunctionFailed, runReturned, runMs } = reply;
    const queueMs = this.#queueMs;
    if (reply.aborted) this.#resolve({ kind: 'aborted', queueMs, runMs });
    else
      this.#resolve({ kind: 'reply', queueMs, runMs, status, headers, body, runFunctionFailed, runReturned });
    return true;
  }

  #settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.#signal.removeEventListener('abort', this);
    collectSoon(this.request.body.byteLength);
    this.onSettled?.();
    return true;
  }
}

export function lostOutcome(reason: string, queueMs = 0): ScoreOutcome {
  return { kind: 'lost', reason, queueMs, runMs: 0 };
}
