import type { Dialect } from '../config/index.ts';
import type { EventSink, WorkerStatus } from '../events/index.ts';
import type { PackageOrigin } from './missing-package.ts';
import type { ReplyStream } from './reply-stream.ts';

/** One request for the entry script, as it came over HTTP. */
export interface ScoreRequest {
  /** The `x-request-id` the caller is answered with; log lines written meanwhile carry it. */
  readonly id: string;
  readonly method: string;
  /** The raw request target with its query, e.g. `/score?x=1`. */
  readonly target: string;
  /** Names and values in the order they came. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

interface ScoreTimes {
  /** Waiting for a free worker. */
  readonly queueMs: number;
  /** Inside `run()`, as the worker measured it (`x-ms-run-fn-exec-ms`). */
  readonly runMs: number;
}

/**
 * What became of it. `reply`: status, headers and body as the real server would send them, without the id and
 * version headers, which are the transport's. `aborted`: it ended its handler (`sys.exit()` in `run()`) or took longer
 * than a worker may, where gunicorn answers in the server's place. `lost`: the worker died before it answered.
 */
export type ScoreOutcome = ScoreTimes &
  (
    | {
        readonly kind: 'reply';
        readonly status: number;
        /**
         * Of an HTTP response that the script made: all but the ids, in order, where the response tells a length as it
         * told it. Else the content type alone, and the marks below are still to be added.
         */
        readonly headers: readonly (readonly [name: string, value: string])[];
        /** A stream where the script makes the body piece by piece: to be read to its end, or destroyed. */
        readonly body: Uint8Array | ReplyStream;
        /** `x-ms-run-function-failed`; undefined where the script made the response. */
        readonly runFunctionFailed: boolean | undefined;
        /** Whether `run()` returned, so that `x-ms-run-fn-exec-ms` is sent. */
        readonly runReturned: boolean;
      }
    | { readonly kind: 'aborted' }
    | { readonly kind: 'lost'; readonly reason: string }
  );

export type SwaggerVersion = '2' | '3' | '3.1';

/** What `/swagger.json` is made of. Schemas and documents are JSON text as Python writes it. */
export interface ScriptSwagger {
  readonly service: { readonly name: string; readonly version: string; readonly pathPrefix: string };
  /** The versions that can describe this script. */
  readonly generated: readonly SwaggerVersion[];
  /** Schemas of `run()`'s input and output. */
  readonly input: string;
  readonly output: string;
  /** Documents that the user wrote; each replaces the generated one. */
  readonly written: Readonly<Partial<Record<SwaggerVersion, string>>>;
}

export interface ScorePoolOptions {
  readonly generation: number;
  readonly workers: number;
  /** Whether one process loads the script and runs `init()`, and the workers are forked from it; not on Windows. */
  readonly preload: boolean;
  /** The Python to run, from `config` or a managed environment. */
  readonly interpreter: string;
  /** Where its packages come from, for hints. */
  readonly packages?: PackageOrigin;
  readonly entryScript: string;
  readonly sourceDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Where `localhost:8000` of the script really is: host and port of the engine's HTTP service. */
  readonly engineAuthority: string | undefined;
  /** Where data is written that the script collects with Azure's collectors. */
  readonly dataDirectory: string;
  /** How errors are told; by default as today's server does. */
  readonly dialect?: Dialect;
  readonly scoringTimeoutMs: number;
  /** Limit for `run()` after which its worker is ended; 0 is none. */
  readonly workerTimeoutMs: number;
  /** Whether the script waits for an editor to attach; with one worker and without limits. */
  readonly debug: boolean;
  /** Limit for import and `init()`. */
  readonly initTimeoutMs: number;
  readonly events: EventSink;
}

/** One generation: a fixed number of warmed workers, each running one request at a time, and their queue. */
export interface ScorePool extends AsyncDisposable {
  readonly generation: number;
  readonly swagger: ScriptSwagger;
  workers(): readonly WorkerStatus[];
  /** Queues for a free worker. Aborting takes the request out of the queue, or ends the wait for its answer. */
  score(request: ScoreRequest, signal: AbortSignal): Promise<ScoreOutcome>;
  /** Resolves when every request it accepted is answered, or with false after `limitMs`. */
  drain(limitMs: number): Promise<boolean>;
}
