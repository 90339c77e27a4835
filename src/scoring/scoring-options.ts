import type { RequestListener } from 'node:http';
import type { Dialect } from '../config/index.ts';
import type { EmulatorState, EventSink } from '../events/index.ts';
import type { ScorePool, ScoreRequest } from '../python/index.ts';
import type { CloudProfile } from './cloud-profile.ts';

/** What the scoring service asks of the emulator for each request. */
export interface ScoringSource {
  /** The generation that serves; undefined in no-code mode and until a script has started. */
  pool(): ScorePool | undefined;
  /** Why there is no pool in script mode, for the message of the 503. */
  failure(): string | undefined;
  /** Why every request is refused although an older generation could answer (`--strict-reload`). */
  refusal(): string | undefined;
  /** Called with each complete request for the script, before it is queued. */
  onScore(request: ScoreRequest): void;
  state(): EmulatorState;
}

export interface ScoringServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly deployment: 'no-code' | 'script';
  /** Answers `/v2/...` in no-code mode: the engine's own listener, or the gateway's in front of it. */
  readonly engine: RequestListener | undefined;
  /** Answers everything under `/_triton-local/`. */
  readonly console: RequestListener;
  /** Keys accepted as `Authorization: Bearer KEY`; if empty, no key is needed. */
  readonly keys: readonly string[];
  /** Origins of web pages that may read answers (`AML_CORS_ORIGINS`); if empty, no CORS headers are sent. */
  readonly corsOrigins: readonly string[];
  /** `x-ms-server-version` of every answer of a script's routes; undefined sends none. */
  readonly serverVersion: string | undefined;
  /** The server whose error texts and headers we imitate. */
  readonly dialect: Dialect;
  /** The limits and status codes of a cloud's front end; undefined applies none. */
  readonly profile: CloudProfile | undefined;
  readonly source: ScoringSource;
  readonly events: EventSink;
}
