const MAX_REQUESTS = 256;
const MAX_WAIT_MS = 30_000;

export interface BacklogLimits {
  /** How many requests may wait at a time. */
  readonly maxRequests: number;
  readonly maxWaitMs: number;
}

export type WaitResult = 'released' | 'full' | 'timed out' | 'disconnected' | 'closed';

interface WaitingRequest {
  readonly end: (result: WaitResult) => void;
}

/** Requests that wait, with their bodies unread, while no engine accepts them. */
export class Backlog {
  readonly #waiting = new Set<WaitingRequest>();
  readonly #limits: BacklogLimits;

  constructor({ maxRequests = MAX_REQUESTS, maxWaitMs = MAX_WAIT_MS }: Partial<BacklogLimits> = {}) {
    this.#limits = { maxRequests, maxWaitMs };
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Waits until the engine is back, the limit has passed or the client has disconnected. */
  wait(onDisconnect: (listener: () => void) => void): Promise<WaitResult> {
    if (this.#waiting.size >= this.#limits.maxRequests) return Promise.resolve('full');
    return new Promise((resolve) => {
      const timer = setTimeout(() => request.end('timed out'), this.#limits.maxWaitMs);
      const request: WaitingRequest = {
        end: (result) => {
          if (!this.#waiting.delete(request)) return;
          clearTimeout(timer);
          resolve(result);
        },
      };
      this.#waiting.add(request);
      onDisconnect(() => request.end('disconnected'));
    });
  }

  /** Ends the wait of every request, in order of arrival. */
  release(result: WaitResult = 'released'): void {
    for (const request of [...this.#waiting]) request.end(result);
  }
}
