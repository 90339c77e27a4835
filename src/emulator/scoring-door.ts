import type { RequestListener } from 'node:http';
import { formatAddress, reachableHost } from '../base/index.ts';
import type { ProjectConfig } from '../config/index.ts';
import type { EventSink } from '../events/index.ts';
import {
  cloudProfile,
  type ScoringServer,
  type ScoringSource,
  startScoringServer,
} from '../scoring/index.ts';

export interface ScoringDoorParts {
  readonly config: ProjectConfig;
  /** What answers `/v2/...` where there is no script. */
  readonly engine: RequestListener;
  readonly source: ScoringSource;
  /** The keys that callers may send, the first of which is ours; none where none is asked for. */
  readonly readKeys: () => Promise<readonly string[]>;
  readonly events: EventSink;
}

/** The scoring service on its port, which can move, and with its keys, which can change, while requests are served. */
export class ScoringDoor implements AsyncDisposable {
  readonly #parts: ScoringDoorParts;
  #server: ScoringServer;
  /** Those that it moved away from, which still serve their callers. */
  readonly #left: ScoringServer[] = [];
  #key: string | undefined;

  private constructor(parts: ScoringDoorParts, { server, key }: Opened) {
    this.#parts = parts;
    this.#server = server;
    this.#key = key;
  }

  /** @throws PORT_TAKEN, PORT_REFUSED */
  static async open(parts: ScoringDoorParts): Promise<ScoringDoor> {
    return new ScoringDoor(parts, await openOn(parts.config.listen.port, parts));
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
   * Moves to another port; who is connected to the old one is served on there.
   * @param tell says where it is now, before the old port is free: between its owners new callers find nobody.
   * @throws PORT_TAKEN, PORT_REFUSED; it stays where it was then.
   */
  async move(port: number, tell: () => Promise<void>): Promise<void> {
    const before = this.#server;
    if (port === before.port) return;
    const { server, key } = await openOn(port, this.#parts);
    this.#server = server;
    this.#key = key;
    this.#left.push(before);
    await tell();
    await before.leave();
  }

  /** Reads the keys again: from the next request on, those count. */
  async rekey(): Promise<void> {
    const keys = await this.#parts.readKeys();
    for (const server of [this.#server, ...this.#left]) server.setKeys(keys);
    this.#key = keys[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#server, ...this.#left].map((server) => server[Symbol.asyncDispose]()));
  }
}

interface Opened {
  readonly server: ScoringServer;
  readonly key: string | undefined;
}

async function openOn(port: number, parts: ScoringDoorParts): Promise<Opened> {
  const { config, engine, source, readKeys, events } = parts;
  const { scoring } = config;
  const keys = await readKeys();
  const server = await startScoringServer({
    host: config.listen.host,
    port,
    deployment: config.script ? 'script' : 'no-code',
    engine,
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
