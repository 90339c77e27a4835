import type { EventSource } from './state-store.ts';

/** One request that was answered, by the scoring service or by the engine. Times are in milliseconds. */
export interface RequestRecord {
  /** The request id of the scoring service; `engine-N` for requests to the engine. */
  readonly id: string;
  readonly time: string;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly status: number;
  /** Generation of workers that answered; 0 if none did. */
  readonly generation: number;
  /** Waiting for a worker or for an instance of the model; 0 where it is not known. */
  readonly queueMs: number;
  /** In `run()` or in the model; 0 where it is not known. */
  readonly runMs: number;
  readonly totalMs: number;
  readonly model?: string;
  /** Size of the batch that the model ran with this request in it. */
  readonly batch?: number;
}

/** The time split of an inference, as far as its engine knows it. */
export interface InferenceTimes {
  readonly queueMs: number;
  readonly runMs: number;
  /** 0 if it is not known. */
  readonly batch: number;
}

interface Slot {
  id: string;
  /** Counts the engine's requests, for their ids; 0 for the scoring service's, which have one. */
  engineNumber: number;
  /** Milliseconds since the epoch. */
  time: number;
  method: string;
  target: string;
  status: number;
  generation: number;
  queueMs: number;
  runMs: number;
  totalMs: number;
  batch: number;
}

const CAPACITY = 1_000;
const MOST_TARGET_CHARACTERS = 200;
const MODEL_PATH = /^\/v2\/models\/([^/?]+)/;

/**
 * The newest requests to both ports. It is on the hot path of `/infer`: recording fills a slot that it reuses, and
 * what a reader sees is made when it is read.
 */
export class RequestHistory implements Disposable {
  readonly #slots: Slot[] = [];
  readonly #unsubscribe: () => void;
  #count = 0;
  #engineCount = 0;

  /** @param source where the scoring service reports its requests; the engine's are recorded by `record` */
  constructor(source: EventSource) {
    this.#unsubscribe = source.subscribe((event) => {
      if (event.type !== 'scoring.request') return;
      const slot = this.#next();
      slot.id = event.id;
      slot.engineNumber = 0;
      slot.time = Date.parse(event.time);
      slot.method = event.method;
      slot.target = bounded(event.path);
      slot.status = event.status;
      slot.generation = event.generation;
      slot.queueMs = event.queueMs;
      slot.runMs = event.runMs;
      slot.totalMs = event.totalMs;
      slot.batch = 0;
    });
  }

  /** Records a request that the engine answered. @param target its path and query */
  record(method: string, target: string, status: number, totalMs: number, times?: InferenceTimes): void {
    const slot = this.#next();
    this.#engineCount += 1;
    slot.id = '';
    slot.engineNumber = this.#engineCount;
    slot.time = Date.now();
    slot.method = method;
    slot.target = bounded(target);
    slot.status = status;
    slot.generation = 0;
    slot.queueMs = times?.queueMs ?? 0;
    slot.runMs = times?.runMs ?? 0;
    slot.totalMs = totalMs;
    slot.batch = times?.batch ?? 0;
  }

  /** At most `limit` requests, newest first. */
  newest(limit: number): readonly RequestRecord[] {
    const held = Math.min(this.#count, CAPACITY, limit);
    const records: RequestRecord[] = [];
    for (let back = 1; back <= held; back += 1) {
      const slot = this.#slots[(this.#count - back) % CAPACITY];
      if (slot) records.push(toRecord(slot));
    }
    return records;
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }

  #next(): Slot {
    const index = this.#count % CAPACITY;
    this.#count += 1;
    let slot = this.#slots[index];
    if (!slot) {
      slot = emptySlot();
      this.#slots[index] = slot;
    }
    return slot;
  }
}

function emptySlot(): Slot {
  return {
    id: '',
    engineNumber: 0,
    time: 0,
    method: '',
    target: '',
    status: 0,
    generation: 0,
    queueMs: 0,
    runMs: 0,
    totalMs: 0,
    batch: 0,
  };
}

function toRecord({ engineNumber, target, time, batch, ...slot }: Slot): RequestRecord {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  const model = modelIn(path);
  return {
    id: engineNumber === 0 ? slot.id : `engine-${engineNumber}`,
    time: new Date(time).toISOString(),
    method: slot.method,
    path,
    status: slot.status,
    generation: slot.generation,
    queueMs: slot.queueMs,
    runMs: slot.runMs,
    totalMs: slot.totalMs,
    ...(model !== undefined && { model }),
    ...(batch > 0 && { batch }),
  };
}

function modelIn(path: string): string | undefined {
  const name = MODEL_PATH.exec(path)?.[1];
  if (name === undefined) return undefined;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** A long target is copied, since a slice would keep all of it in memory. */
function bounded(target: string): string {
  if (target.length <= MOST_TARGET_CHARACTERS) return target;
  return Buffer.from(target.slice(0, MOST_TARGET_CHARACTERS)).toString();
}
