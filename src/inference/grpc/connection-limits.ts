import { ErrorCode, type ServerConnection } from '../../http2/index.ts';
import type { ConnectionSettings } from './grpc-settings.ts';
import { GRPC_STATUS, GrpcError } from './status.ts';

/** Within this time after the last ping, a client that has no calls may not ping again. */
const IDLE_PING_INTERVAL_MS = 2 * 60 * 60 * 1_000;
/** How much the age of a connection may differ from the setting, so that many do not end at once. */
const AGE_JITTER = 0.1;
/** The longest time that Node's timers support. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A call that can be ended from outside. */
interface EndableCall {
  fail(thrown: unknown): void;
}

type LimitedConnection = Pick<ServerConnection, 'ping' | 'close' | 'closeWith' | 'isClosed'>;

/**
 * Keeps a client's connection as gRPC's own library does: pings a silent client, ends a connection whose client pings too
 * often or does not acknowledge, and one that is too old.
 */
export class ConnectionLimits implements Disposable {
  /** In progress. */
  readonly calls = new Set<EndableCall>();
  readonly #connection: LimitedConnection;
  readonly #settings: ConnectionSettings;
  readonly #timers = new Set<NodeJS.Timeout>();
  #lastPing = Number.NEGATIVE_INFINITY;
  #strikes = 0;
  #lastReceived = performance.now();

  constructor(connection: LimitedConnection, settings: ConnectionSettings) {
    this.#connection = connection;
    this.#settings = settings;
    this.#after(settings.keepaliveMs, () => this.#keepAlive());
    if (settings.maxAgeMs !== undefined)
      this.#after(settings.maxAgeMs * (1 + AGE_JITTER * (2 * Math.random() - 1)), () => this.#retire());
  }

  take(call: EndableCall): void {
    this.calls.add(call);
    this.#lastReceived = performance.now();
  }

  /** Something other than a ping has been sent: the client may ping again. */
  hasSent(): void {
    this.#lastPing = Number.NEGATIVE_INFINITY;
    this.#strikes = 0;
  }

  /** The client has sent a ping. */
  takePing(): void {
    const now = performance.now();
    const { permitWithoutCalls, minPingIntervalMs, maxPingStrikes } = this.#settings;
    const isIdle = !permitWithoutCalls && this.calls.size === 0;
    const isEarly = now - this.#lastPing < (isIdle ? IDLE_PING_INTERVAL_MS : minPingIntervalMs);
    this.#lastPing = now;
    this.#lastReceived = now;
    if (!isEarly) return;
    this.#strikes += 1;
    if (maxPingStrikes === 0 || this.#strikes !== maxPingStrikes + 1) return;
    this.#end('Too many pings', ErrorCode.ENHANCE_YOUR_CALM, 'too_many_pings');
  }

  #keepAlive(): void {
    const { keepaliveMs, permitWithoutCalls } = this.#settings;
    const silentMs = performance.now() - this.#lastReceived;
    if (silentMs < keepaliveMs) this.#after(keepaliveMs - silentMs, () => this.#keepAlive());
    else if (this.calls.size === 0 && !permitWithoutCalls) this.#after(keepaliveMs, () => this.#keepAlive());
    else this.#ping();
  }

  #ping(): void {
    let isAcknowledged = false;
    // What has arrived while this process was busy is read before the connection is given up.
    this.#after(this.#settings.keepaliveTimeoutMs, () =>
      setImmediate(() => isAcknowledged || this.#end('keepalive watchdog timeout', ErrorCode.NO_ERROR, '')),
    );
    this.#connection.ping(() => {
      isAcknowledged = true;
      this.#lastReceived = performance.now();
      this.#after(this.#settings.keepaliveMs, () => this.#keepAlive());
    });
  }

  /** Lets calls in progress end, takes no others, and closes the connection after the last of them. */
  #retire(): void {
    const { maxAgeGraceMs } = this.#settings;
    if (maxAgeGraceMs !== undefined)
      this.#after(maxAgeGraceMs, () => this.#end('enter idle', ErrorCode.INTERNAL_ERROR, 'enter idle'));
    this.#connection.close();
  }

  /** Ends calls in progress with a reason, and then the connection. */
  #end(reason: string, code: number, text: string): void {
    for (const call of [...this.calls]) call.fail(new GrpcError(GRPC_STATUS.UNAVAILABLE, reason));
    this.#connection.closeWith(code, text);
  }

  #after(ms: number, run: () => void): void {
    if (this.#connection.isClosed) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        if (!this.#connection.isClosed) run();
      },
      Math.min(ms, MAX_TIMER_MS),
    );
    timer.unref();
    this.#timers.add(timer);
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
