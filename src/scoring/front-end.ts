import { randomUUID } from 'node:crypto';
import type { CloudProfile, FrontEndAnswer } from './cloud-profile.ts';
import type { RequestContext } from './request-context.ts';

/** Azure's front end keeps this many letters, digits, `-` and `_` of `x-ms-client-request-id`. */
const MAX_CLIENT_ID_CHARACTERS = 40;

/** Applies the limits of a cloud service's front end before our routes do their work. */
export class FrontEnd {
  readonly #profile: CloudProfile;
  #running = 0;
  /** Queued requests; calling one lets it run. */
  readonly #queue = new Set<() => void>();

  constructor(profile: CloudProfile) {
    this.#profile = profile;
  }

  /** Rewrites a request's fields (Node's flat list) to those that the container receives. */
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

  /** Runs `answer` within the profile's limits; replies itself when they are exceeded. */
  async serve(context: RequestContext, answer: () => Promise<void>): Promise<void> {
    const { maxBodyBytes, deadlineMs, late, overloaded } = this.#profile;
    context.id = context.fields.requestId?.slice(0, 100) ?? '';
    if (Number(context.fields.contentLength ?? 0) > maxBodyBytes)
      return context.answer.replace(tooLarge(maxBodyBytes));
    let timer: NodeJS.Timeout | undefined;
    // A request that is answered late while it is queued must not run any more: its body is gone.
    const expiry = new AbortController();
    const expired = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => {
        resolve('late');
        expiry.abort();
      }, deadlineMs);
    });
    const queued = AbortSignal.any([context.connection.signal, expiry.signal]);
    try {
      const outcome = await Promise.race([this.#runInTurn(queued, answer), expired]);
      if (context.connection.signal.aborted) return;
      if (outcome === 'late') context.answer.replace(late);
      else if (outcome === 'overloaded') context.answer.replace(overloaded);
    } finally {
      clearTimeout(timer);
    }
  }

  async #runInTurn(queued: AbortSignal, answer: () => Promise<void>): Promise<'answered' | 'overloaded'> {
    if (!(await this.#awaitTurn(queued))) return 'overloaded';
    try {
      await answer();
      return 'answered';
    } finally {
      this.#running -= 1;
      const [wake] = this.#queue;
      wake?.();
    }
  }

  /** Resolves with true when the request may run, with false when it waited too long or `queued` was aborted. */
  #awaitTurn(queued: AbortSignal): Promise<boolean> {
    const { concurrent, maxWaiting, maxWaitMs } = this.#profile;
    if (this.#running < concurrent) {
      this.#running += 1;
      return Promise.resolve(true);
    }
    if (this.#queue.size >= maxWaiting) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (granted: boolean) => {
        clearTimeout(timer);
        queued.removeEventListener('abort', onAbort);
        this.#queue.delete(wake);
        if (granted) this.#running += 1;
        resolve(granted);
      };
      const wake = () => settle(true);
      const onAbort = () => settle(false);
      const timer = setTimeout(() => settle(false), maxWaitMs);
      queued.addEventListener('abort', onAbort);
      this.#queue.add(wake);
    });
  }
}

function tooLarge(limitBytes: number): FrontEndAnswer {
  return { status: 413, text: `The body is larger than ${limitBytes} bytes.` };
}
