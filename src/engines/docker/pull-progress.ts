/** One line of a pull's stream. */
export interface PullMessage {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
  readonly progressDetail?: { readonly current?: number; readonly total?: number; readonly units?: string };
}

export interface LayerCounts {
  readonly done: number;
  readonly total: number;
}

export interface PullFacts {
  /** Bytes fetched so far, and of all layers whose size is known. Neither ever falls. */
  readonly bytes: number;
  readonly total: number;
  readonly bytesPerSecond: number;
  /** Whole seconds until the last byte; null while it cannot be told, and once only unpacking is left. */
  readonly etaSeconds: number | null;
  readonly layers: LayerCounts;
  /** Everything is fetched and layers are being unpacked. */
  readonly extracting: boolean;
}

interface Layer {
  bytes: number;
  total: number;
  fetched: boolean;
  done: boolean;
}

/** The rate forgets half of what it knew in this time. */
const HALF_LIFE_MS = 4_000;
const LEAST_SAMPLE_MS = 250;

/**
 * Folds a pull's messages into figures. Only bytes that are downloaded count: since Docker 29 "Extracting" counts
 * seconds. A layer keeps the largest size it ever told, so that nothing runs backwards.
 */
export class PullProgress {
  readonly #layers = new Map<string, Layer>();
  #rate = 0;
  #sampledAt: number | undefined;
  #sampledBytes = 0;

  /** @returns the error of the stream, which Docker sends as a line like any other and then ends the stream well. */
  push(message: PullMessage): string | undefined {
    const error = message.error ?? message.errorDetail?.message;
    if (error !== undefined) return error;
    const { id, status, progressDetail } = message;
    // `Pulling from …` carries the tag as its id.
    if (!id || !status || /^Pulling from /.test(status)) return undefined;
    const layer = this.#layer(id);
    if (status === 'Downloading') {
      layer.total = Math.max(layer.total, progressDetail?.total ?? 0);
      layer.bytes = Math.max(layer.bytes, progressDetail?.current ?? 0);
    } else if (/^(Download complete|Verifying Checksum|Extracting)$/.test(status)) {
      this.#fetched(layer);
    } else if (/^(Pull complete|Already exists|Exists)$/.test(status)) {
      this.#fetched(layer);
      layer.done = true;
    }
    return undefined;
  }

  facts(now: number): PullFacts {
    const layers = [...this.#layers.values()];
    const bytes = sum(layers, (it) => it.bytes);
    this.#sample(bytes, now);
    const fetched = layers.filter((it) => it.fetched).length;
    const sized = layers.filter((it) => it.total > 0);
    const total = sum(layers, (it) => it.total);
    // Layers wait their turn, three at a time, and say their size only then: until all have, any time is a guess
    // that grows. Their mean stands in for those that wait.
    const waiting = layers.filter((it) => !it.fetched && it.total === 0).length;
    const guessed = sized.length > 0 ? (total / sized.length) * waiting : 0;
    const left = total - bytes + guessed;
    return {
      bytes,
      total,
      bytesPerSecond: Math.round(this.#rate),
      etaSeconds: left > 0 && this.#rate > 0 && sized.length > 0 ? Math.ceil(left / this.#rate) : null,
      layers: { done: layers.filter((it) => it.done).length, total: layers.length },
      extracting: layers.length > 0 && fetched === layers.length && layers.some((it) => !it.done),
    };
  }

  #layer(id: string): Layer {
    let layer = this.#layers.get(id);
    if (!layer) {
      layer = { bytes: 0, total: 0, fetched: false, done: false };
      this.#layers.set(id, layer);
    }
    return layer;
  }

  #fetched(layer: Layer): void {
    layer.fetched = true;
    layer.bytes = layer.total;
  }

  #sample(bytes: number, now: number): void {
    if (this.#sampledAt === undefined) {
      this.#sampledAt = now;
      this.#sampledBytes = bytes;
      return;
    }
    const elapsed = now - this.#sampledAt;
    if (elapsed < LEAST_SAMPLE_MS) return;
    const current = ((bytes - this.#sampledBytes) / elapsed) * 1_000;
    const kept = 0.5 ** (elapsed / HALF_LIFE_MS);
    this.#rate = this.#rate === 0 ? current : this.#rate * kept + current * (1 - kept);
    this.#sampledAt = now;
    this.#sampledBytes = bytes;
  }
}

function sum(layers: readonly Layer[], of: (layer: Layer) => number): number {
  return layers.reduce((total, layer) => total + of(layer), 0);
}
