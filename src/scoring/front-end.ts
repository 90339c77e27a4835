import { randomUUID } from 'node:crypto';
import type { CloudProfile, FrontEndAnswer } from './cloud-profile.ts';
import type { Exchange } from './exchange.ts';

/** Azure's front end cuts `x-ms-client-request-id` to this length, and to letters, digits, `-` and `_`. */
const MAX_CLIENT_ID_CHARACTERS = 40;

/** The front end of a cloud service before our routes, so that its limits are met at home. */
export class FrontEnd {
  readonly #profile: CloudProfile;
  #running = 0;
  /** Requests that wait for their turn; each is woken by a call. */
  readonly #waiting = new Set<() => void>();

  constructor(profile: CloudProfile) {
    this.#profile = profile;
  }

  /** Changes a request's fields (Node's flat list) to what the container gets to see. */
  rewriteRequest(raw: string[]): void {
    if (!this.#profile.rewriteIds) return;
    let sent = false;
    for (let index = 0; index + 1 < raw.length; index += 2) {
      const name = raw[index]?.toLowerCase();
      if (name === 'x-request-id') {
        raw[index + 1] = randomUUID();
        sent = true;
      } else if (name === 'x-ms-client-request-id')
        raw[index + 1] = (raw[index + 1] ?? '').replace(/[^\w-]/g, '').slice(0, MAX_CLIENT_ID_CHARACTERS);
    }
    if (!sent) raw.push('x-request-id', randomUUID());
  }

  /** Has a request answered by `answer` within the limits, or answers in its place. */
  async serve(exchange: Exchange, answer: () => Promise<void>): Promise<void> {
    const { maxBodyBytes, deadlineMs, late, overloaded } = this.#profile;
    exchange.id = exchange.fields.requestId?.slice(0, 100) ?? '';
    if (Number(exchange.fields.contentLength ?? 0) > maxBodyBytes)
      return exchange.answerInstead(tooLarge(maxBodyBytes));
    let timer: NodeJS.Timeout | undefined;
    // A request that is answered late while it waits must not run any more: its body is gone.
    const expiry = new AbortController();
    const expired = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => {
        resolve('late');
        expiry.abort();
      }, deadlineMs);
    });
    const waiting = AbortSignal.any([exchange.connection.signal, expiry.signal]);
    try {
      const outcome = await Promise.race([this.#take(waiting, answer), expired]);
      if (exchange.connection.signal.aborted) return;
      if (outcome === 'late') exchange.answerInstead(late);
      else if (outcome === 'overloaded') exchange.answerInstead(overloaded);
    } finally {
      clearTimeout(timer);
    }
  }

  async #take(waiting: AbortSignal, answer: () => Promise<void>): Promise<'answered' | 'overloaded'> {
    if (!(await this.#turn(waiting))) return 'overloaded';
    try {
      await answer();
      return 'answered';
    } finally {
      this.#running -= 1;
      for (const wake of this.#waiting) {
        wake();
        break;
      }
    }
  }

  /** Resolves with true when the request may run, with false when it waited in vain or `waiting` was aborted. */
  #turn(waiting: AbortSignal): Promise<boolean> {
    const { concurrent, maxWaiting, maxWaitMs } = this.#profile;
    if (this.#running < concurrent) {
      this.#running += 1;
      return Promise.resolve(true);
    }
    if (this.#waiting.size >= maxWaiting) return Promise.resolve(false);
    return new Promise((resolve) => {
      const leave = (granted: boolean) => {
        clearTimeout(timer);
        waiting.removeEventListener('abort', onAbort);
        this.#waiting.delete(wake);
        if (granted) this.#running += 1;
        resolve(granted);
      };
      const wake = () => leave(true);
      const onAbort = () => leave(false);
      const timer = setTimeout(() => leave(false), maxWaitMs);
      waiting.addEventListener('abort', onAbort);
      this.#waiting.add(wake);
    });
  }
}

function tooLarge(limitBytes: number): FrontEndAnswer {
  return { status: 413, text: `The body is larger than ${limitBytes} bytes.` };
}
