import { Pool } from 'undici';

const MAX_PENDING = 32;

export interface LoadOptions {
  readonly url: string;
  /** The body of every request, or what makes the next one. */
  readonly body: string | (() => string);
  readonly requestsPerSecond: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One answer under load, or what went wrong instead. */
export interface Answer {
  /** Milliseconds on the clock of `performance.now()`. */
  readonly sentAt: number;
  readonly answeredAt: number;
  /** 0 if there was no answer at all. */
  readonly status: number;
  readonly body: string;
  readonly generation: number | undefined;
  readonly stale: boolean;
}

/**
 * Sends the same request at a constant rate, whether or not earlier ones have been answered, and keeps every answer. If
 * a slow machine cannot keep up, at most `MAX_PENDING` are pending, so that the next one waits only briefly; those that
 * were due in the meantime are skipped.
 */
export class Load implements AsyncDisposable {
  readonly answers: Answer[] = [];
  readonly #options: LoadOptions;
  readonly #pool: Pool;
  readonly #path: string;
  readonly #pending = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt = performance.now();
  /** Requests whose time has come, sent or left out. */
  #due = 0;

  constructor(options: LoadOptions) {
    const url = new URL(options.url);
    this.#options = options;
    this.#path = `${url.pathname}${url.search}`;
    this.#pool = new Pool(url.origin, { connections: MAX_PENDING, pipelining: 1 });
    this.#timer = setInterval(() => this.#sendDue(), 1);
  }

  /** What was not answered with 200. */
  get failures(): readonly Answer[] {
    return this.answers.filter(({ status }) => status !== 200);
  }

  /** The first answer, sent after `since`, that fits. */
  async waitFor(fits: (answer: Answer) => boolean, since: number, limitMs = 15_000): Promise<Answer> {
    const deadline = performance.now() + limitMs;
    for (let next = 0; ; ) {
      for (; next < this.answers.length; next += 1) {
        const answer = this.answers[next];
        if (answer && answer.sentAt >= since && fits(answer)) return answer;
      }
      if (performance.now() > deadline)
        throw new Error(`no such answer; the last was ${describe(this.answers.at(-1))}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  /** Sends no more and waits for what is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
    await this.#pool.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#pool.destroy();
  }

  #sendDue(): void {
    const due = ((performance.now() - this.#startedAt) * this.#options.requestsPerSecond) / 1_000;
    for (; this.#due < due; this.#due += 1) {
      if (this.#pending.size >= MAX_PENDING) continue;
      const answer = this.#send().then((value) => {
        this.answers.push(value);
        this.#pending.delete(answer);
      });
      this.#pending.add(answer);
    }
  }

  async #send(): Promise<Answer> {
    const sentAt = performance.now();
    const { body } = this.#options;
    try {
      const response = await this.#pool.request({
        path: this.#path,
        method: 'POST',
        headers: { 'content-type': 'application/json', ...this.#options.headers },
        body: typeof body === 'string' ? body : body(),
      });
      const { statusCode, headers } = response;
      const text = await response.body.text();
      const generation = headers['x-triton-local-generation'];
      return {
        sentAt,
        answeredAt: performance.now(),
        status: statusCode,
        body: text,
        generation: generation === undefined ? undefined : Number(generation),
        stale: headers['x-triton-local-stale'] === 'true',
      };
    } catch (error) {
      const body = error instanceof Error ? error.message : String(error);
      return { sentAt, answeredAt: performance.now(), status: 0, body, generation: undefined, stale: false };
    }
  }
}

function describe(answer: Answer | undefined): string {
  return answer
    ? `${answer.status} ${answer.body.slice(0, 200)} (generation ${answer.generation})`
    : 'none at all';
}
