import type { RequestListener } from 'node:http';
import { formatAddress, reachableHost } from '../base/index.ts';
import { healthPort, type ProjectConfig } from '../config/index.ts';
import type { EventSink } from '../events/index.ts';
import {
  cloudProfile,
  type ScoringServer,
  type ScoringSource,
  startScoringServer,
} from '../scoring/index.ts';

export interface ScoringListenerParts {
  readonly config: ProjectConfig;
  /** What answers `/v2/...` without a script. */
  readonly engine: RequestListener;
  /** What answers `/_triton-local/...`. */
  readonly console: RequestListener;
  readonly source: ScoringSource;
  /** The keys that callers may send, ours first; empty if none is required. */
  readonly readKeys: () => Promise<readonly string[]>;
  readonly events: EventSink;
}

/** The scoring service: its port can move and its keys can change while requests are served. */
export class ScoringListener implements AsyncDisposable {
  readonly #parts: ScoringListenerParts;
  #server: ScoringServer;
  /** The servers on earlier ports, which still serve their connections. */
  readonly #previous: ScoringServer[] = [];
  /** With `SEPERATE_HEALTH_ENDPOINT=true`: the same routes on a second port, which never moves. */
  readonly #health: ScoringServer | undefined;
  #key: string | undefined;

  private constructor(
    parts: ScoringListenerParts,
    { server, key }: Opened,
    health: ScoringServer | undefined,
  ) {
    this.#parts = parts;
    this.#server = server;
    this.#health = health;
    this.#key = key;
  }

  /** @throws PORT_TAKEN, PORT_REFUSED */
  static async open(parts: ScoringListenerParts): Promise<ScoringListener> {
    const opened = await openOn(parts.config.listen.port, parts);
    try {
      return new ScoringListener(parts, opened, await openHealth(parts));
    } catch (error) {
      await opened.server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where to post, e.g. `http://localhost:6789/score`; in no-code mode the base of the service. */
  get uri(): string {
    const { listen, script } = this.#parts.config;
    const host = reachableHost(listen.host);
    const base = `http://${formatAddress(host === '127.0.0.1' ? 'localhost' : host, this.#server.port)}`;
    return script ? `${base}/score` : base;
  }

  get key(): string | undefined {
    return this.#key;
  }

  /**
   * Moves to another port. Clients connected to the old one are still served there.
   * @param announce publishes the new address while the old port is still held, so that no other process takes it
   * first.
   * @throws PORT_TAKEN, PORT_REFUSED; the service then keeps its port.
   */
  async move(port: number, announce: () => Promise<void>): Promise<void> {
    const before = this.#server;
    if (port === before.port) return;
    const { server, key } = await openOn(port, this.#parts);
    this.#server = server;
    this.#key = key;
    this.#previous.push(before);
    await announce();
    await before.stopListening();
  }

  /** Reads the keys again; they apply from the next request on. */
  async rekey(): Promise<void> {
    const keys = await this.#parts.readKeys();
    for (const server of this.#all()) server.setKeys(keys);
    this.#key = keys[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all().map((server) => server[Symbol.asyncDispose]()));
  }

  #all(): ScoringServer[] {
    return [this.#server, ...(this.#health ? [this.#health] : []), ...this.#previous];
  }
}

interface Opened {
  readonly server: ScoringServer;
  readonly key: string | undefined;
}

/**
 * On port 5000, as on the real server; `HEALTH_PORT` replaces its flag `--health_port`.
 * @throws PORT_TAKEN, PORT_REFUSED
 */
async function openHealth(parts: ScoringListenerParts): Promise<ScoringServer | undefined> {
  const { script, environment } = parts.config;
  if (!script || environment.SEPERATE_HEALTH_ENDPOINT !== 'true') return undefined;
  const { server } = await openOn(healthPort(environment), parts);
  const text = `the health endpoint is at http://localhost:${server.port}/ (SEPERATE_HEALTH_ENDPOINT)`;
  parts.events.emit({ type: 'log.line', source: 'emulator', level: 'info', text });
  return server;
}

async function openOn(port: number, parts: ScoringListenerParts): Promise<Opened> {
  const { config, engine, console, source, readKeys, events } = parts;
  const { scoring } = config;
  const keys = await readKeys();
  const server = await startScoringServer({
    host: config.listen.host,
    port,
    deployment: config.script ? 'script' : 'no-code',
    engine,
    console,
    keys,
    corsOrigins: scoring.corsOrigins,
    serverVersion: scoring.serverVersion,
    dialect: scoring.dialect,
    profile: cloudProfile(scoring.profile, scoring.profileLimits),
    source,
    events,
  });
  return { server, key: keys[0] };
}
