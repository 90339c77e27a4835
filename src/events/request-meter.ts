import type { EventOf, EventSink } from './event.ts';
import type { InferenceTimes, RequestHistory } from './request-history.ts';

type Sample = EventOf<'engine.requests'>['sample'][number];

/** Requests within this time become one event, so a thousand per second cost two events. */
const GATHER_MS = 500;
const MOST_SAMPLED = 10;
const MOST_PATH_CHARACTERS = 200;
/** Probes, including our own, would hide the clients' requests. */
const PROBE = /^\/v2\/(?:health\/|models\/stats(?:$|\?))/;

/**
 * Counts the requests answered on an engine's own port, and samples the newest; a history holds more of them. It is on
 * the hot path of `/infer`: recording allocates nothing but a sample.
 */
export class RequestMeter {
  readonly #events: EventSink;
  readonly #history: RequestHistory | undefined;
  #count = 0;
  #failed = 0;
  #sample: Sample[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(events: EventSink, history?: RequestHistory) {
    this.#events = events;
    this.#history = history;
  }

  /** @param path request target; its query is dropped */
  record(method: string, path: string, status: number, totalMs: number, times?: InferenceTimes): void {
    if (path.startsWith('/v2/h') || path.startsWith('/v2/models/s')) {
      if (PROBE.test(path)) return;
    }
    this.#history?.record(method, path, status, totalMs, times);
    if (this.#count < MOST_SAMPLED) this.#sample.push({ method, path, status, totalMs, time: '' });
    else {
      // Slots are reused in turn, so that they hold the newest requests.
      const slot = this.#sample[this.#count % MOST_SAMPLED] as { -readonly [K in keyof Sample]: Sample[K] };
      slot.method = method;
      slot.path = path;
      slot.status = status;
      slot.totalMs = totalMs;
    }
    this.#count += 1;
    if (status >= 400) this.#failed += 1;
    if (this.#timer === undefined) {
      this.#timer = setTimeout(() => this.flush(), GATHER_MS);
      this.#timer.unref();
    }
  }

  /** Emits what was counted since the last call. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#count === 0) return;
    const time = new Date().toISOString();
    const oldest = this.#count > MOST_SAMPLED ? this.#count % MOST_SAMPLED : 0;
    const inOrder = [...this.#sample.slice(oldest), ...this.#sample.slice(0, oldest)];
    const sample = inOrder.map((it) => ({ ...it, path: plainPath(it.path), time }));
    const [count, failed] = [this.#count, this.#failed];
    this.#count = 0;
    this.#failed = 0;
    this.#sample = [];
    this.#events.emit({ type: 'engine.requests', count, failed, sample });
  }
}

function plainPath(target: string): string {
  const query = target.indexOf('?');
  return target.slice(0, Math.min(query < 0 ? target.length : query, MOST_PATH_CHARACTERS));
}
