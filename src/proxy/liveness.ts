/** When a silent upstream counts as dead. */
export interface LivenessLimits {
  /** The upstream is probed once nothing has moved on a connection in use for this long. */
  readonly silentMs: number;
  /** How long the probe may take. */
  readonly probeMs: number;
}

export const LIVENESS: LivenessLimits = { silentMs: 2_000, probeMs: 10_000 };

/** A connection to the upstream, such as a socket. */
export interface WatchedConnection {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  destroy(error: Error): unknown;
}

export interface LivenessParts {
  /** Connections to the upstream on which a response is awaited. */
  readonly inUse: () => Iterable<WatchedConnection>;
  /** Sends a request that a live upstream answers at once, however busy it is; any response proves that it lives. */
  readonly probe: (signal: AbortSignal) => Promise<unknown>;
  readonly limits?: LivenessLimits | undefined;
}

/**
 * Ends requests to an upstream that accepted them and hangs. A slow response proves nothing, since a model may compute
 * for minutes. A silent upstream is therefore probed, and if it does not answer the probe either, its silent connections
 * are destroyed with an error that says so.
 */
export class LivenessWatch {
  readonly #parts: LivenessParts;
  readonly #timer: NodeJS.Timeout;
  /** Bytes transferred on each connection by the last check. */
  #moved = new Map<WatchedConnection, number>();
  #probing = false;
  #closed = false;

  constructor(parts: LivenessParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.#check(), (parts.limits ?? LIVENESS).silentMs);
    this.#timer.unref();
  }

  async #check(): Promise<void> {
    if (this.#probing) return;
    const silent = this.#silent();
    if (this.#closed && this.#moved.size === 0) clearInterval(this.#timer);
    if (silent.length === 0) return;
    this.#probing = true;
    const { probeMs } = this.#parts.limits ?? LIVENESS;
    try {
      await this.#parts.probe(AbortSignal.timeout(probeMs));
    } catch {
      const error = new Error(`it is silent and did not answer a health probe within ${probeMs / 1_000} s`);
      for (const connection of this.#silent()) connection.destroy(error);
    } finally {
      this.#probing = false;
    }
  }

  /** Connections on which nothing has moved since the previous call. */
  #silent(): WatchedConnection[] {
    const before = this.#moved;
    this.#moved = new Map();
    const silent: WatchedConnection[] = [];
    for (const connection of this.#parts.inUse()) {
      const moved = connection.bytesRead + connection.bytesWritten;
      this.#moved.set(connection, moved);
      if (before.get(connection) === moved) silent.push(connection);
    }
    return silent;
  }

  /** Stops watching once the requests now in flight are over. */
  close(): void {
    this.#closed = true;
  }
}
