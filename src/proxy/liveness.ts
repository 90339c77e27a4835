/** When an upstream that says nothing counts as dead. */
export interface LivenessLimits {
  /** A connection in use on which nothing moved for this long has its upstream probed. */
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
  /** Connections to the upstream on which an answer is awaited. */
  readonly inUse: () => Iterable<WatchedConnection>;
  /** Asks the upstream something that it answers at once, whatever it computes; any answer is a sign of life. */
  readonly probe: (signal: AbortSignal) => Promise<unknown>;
  readonly limits?: LivenessLimits | undefined;
}

/**
 * Ends requests to an upstream that took them and hangs. How long an answer takes is no sign: a model may compute for
 * minutes. So an upstream that is silent is probed, and where it does not answer the probe either, its silent
 * connections are destroyed with an error that says so.
 */
export class LivenessWatch {
  readonly #parts: LivenessParts;
  readonly #timer: NodeJS.Timeout;
  /** Bytes that had moved on each connection at the last check. */
  #moved = new Map<WatchedConnection, number>();
  #probing = false;
  #retired = false;

  constructor(parts: LivenessParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.#check(), (parts.limits ?? LIVENESS).silentMs);
    this.#timer.unref();
  }

  async #check(): Promise<void> {
    if (this.#probing) return;
    const silent = this.#silent();
    if (this.#retired && this.#moved.size === 0) clearInterval(this.#timer);
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

  /** Connections on which nothing has moved since the last call. */
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

  /** Watches no longer than what is under way now. */
  retire(): void {
    this.#retired = true;
  }
}
