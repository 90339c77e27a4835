/** One message of a pull's stream. */
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
  /** Bytes fetched so far, and the size of all layers for which it is known. Neither ever decreases. */
  readonly bytes: number;
  readonly total: number;
  readonly bytesPerSecond: number;
  /** Whole seconds until the last byte; null while unknown, and once only unpacking remains. */
  readonly etaSeconds: number | null;
  readonly layers: LayerCounts;
  /** Whether everything is fetched and layers are being unpacked. */
  readonly extracting: boolean;
}

interface Layer {
  bytes: number;
  total: number;
  fetched: boolean;
  done: boolean;
}

/** Half-life of the moving average of the rate. */
const HALF_LIFE_MS = 4_000;
const LEAST_SAMPLE_MS = 250;

/**
 * Folds a pull's messages into figures. Only downloaded bytes count: since Docker 29, "Extracting" counts seconds. A
 * layer keeps the largest size ever reported, so that progress never goes backwards.
 */
export class PullProgress {
  readonly #layers = new Map<string, Layer>();
  #rate = 0;
  #sampledAt: number | undefined;
  #sampledBytes = 0;

  /** @returns the pull's error: Docker sends it as an ordinary message and then ends the stream normally. */
  push(message: PullMessage): string | undefined {
    const error = message.error ?? message.errorDetail?.message;
    if (error !== undefined) return error;
    const { id, status, progressDetail } = message;
    // The id of `Pulling from …` is the tag.
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
    // Docker downloads three layers at a time and reports a layer's size only then. Until all sizes are known, the mean
    // stands in for those of waiting layers; otherwise the estimate would keep growing.
    const waiting = layers.filter((it) => !it.fetched && it.total === 0).length;
    const guessed = sized.length > 0 ? (total / sized.length) * waiting : 0;
    const remaining = total - bytes + guessed;
    return {
      bytes,
      total,
      bytesPerSecond: Math.round(this.#rate),
      etaSeconds:
        remaining > 0 && this.#rate > 0 && sized.length > 0 ? Math.ceil(remaining / this.#rate) : null,
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
