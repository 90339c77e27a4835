import type { RequestListener } from 'node:http';
import type { Dialect } from '../config/index.ts';
import type { EmulatorState, EventSink } from '../events/index.ts';
import type { ScorePool, ScoreRequest } from '../python/index.ts';
import type { CloudProfile } from './cloud-profile.ts';

/** What the scoring service asks of the emulator for each request. */
export interface ScoringSource {
  /** The generation that serves; undefined in no-code mode and while no script has come up yet. */
  pool(): ScorePool | undefined;
  /** Why there is no pool in script mode, for the 503 that says so. */
  failure(): string | undefined;
  /** Why every request is refused although something older could answer (`--strict-reload`). */
  refusal(): string | undefined;
  /** Told of each complete request for the script, before it is queued. */
  onScore(request: ScoreRequest): void;
  state(): EmulatorState;
}

export interface ScoringServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly deployment: 'no-code' | 'script';
  /** Answers `/v2/...` in no-code mode: the engine's own listener, or that of the gateway before it. */
  readonly engine: RequestListener | undefined;
  /** Answers everything under `/_triton-local/`. */
  readonly console: RequestListener;
  /** Keys that are accepted as `Authorization: Bearer KEY`; empty asks for none. */
  readonly keys: readonly string[];
  /** Origins of web pages that may read answers (`AML_CORS_ORIGINS`); empty sends no CORS headers. */
  readonly corsOrigins: readonly string[];
  /** `x-ms-server-version` of every answer of a script's routes; undefined sends none. */
  readonly serverVersion: string | undefined;
  /** Whose error texts and headers answers have. */
  readonly dialect: Dialect;
  /** The limits and status codes of a cloud's front end; undefined has none. */
  readonly profile: CloudProfile | undefined;
  readonly source: ScoringSource;
  readonly events: EventSink;
}
