import type { Dialect } from '../config/index.ts';
import type { EventSink, WorkerStatus } from '../events/index.ts';
import type { PackageOrigin } from './missing-package.ts';
import type { ReplyStream } from './reply-stream.ts';

/** One request for the entry script, as received over HTTP. */
export interface ScoreRequest {
  /** The `x-request-id` of the answer; log lines written during the request carry it too. */
  readonly id: string;
  readonly method: string;
  /** The raw request target with its query, e.g. `/score?x=1`. */
  readonly target: string;
  /** Names and values in the order received. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

interface ScoreTimes {
  /** Time in the queue for a free worker. */
  readonly queueMs: number;
  /** Time inside `run()`, as the worker measured it (`x-ms-run-fn-exec-ms`). */
  readonly runMs: number;
}

/**
 * The outcome of a request. `reply`: status, headers and body as the real server would send them, without the id and
 * version headers, which the transport adds. `aborted`: the script ended its handler (`sys.exit()` in `run()`) or
 * exceeded the limit of a worker, and gunicorn answers instead of the server. `lost`: the worker died before it
 * answered.
 */
export type ScoreOutcome = ScoreTimes &
  (
    | {
        readonly kind: 'reply';
        readonly status: number;
        /**
         * For an HTTP response that the script made: all headers but the ids, in order, with a length only if the
         * response set one. Otherwise the content type only; the fields below are still to be added as headers.
         */
        readonly headers: readonly (readonly [name: string, value: string])[];
        /** A stream if the script produces the body piece by piece: read it to the end, or destroy it. */
        readonly body: Uint8Array | ReplyStream;
        /** `x-ms-run-function-failed`; undefined if the script made the response. */
        readonly runFunctionFailed: boolean | undefined;
        /** Whether `run()` returned; only then is `x-ms-run-fn-exec-ms` sent. */
        readonly runReturned: boolean;
      }
    | { readonly kind: 'aborted' }
    | { readonly kind: 'lost'; readonly reason: string }
  );

export type SwaggerVersion = '2' | '3' | '3.1';

/** The parts of `/swagger.json`. Schemas and documents are JSON text as Python writes it. */
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
  /** The origin of its packages, for hints. */
  readonly packages?: PackageOrigin;
  readonly entryScript: string;
  readonly sourceDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Host and port of the engine's HTTP service, to which the script's `localhost:8000` is redirected. */
  readonly engineAuthority: string | undefined;
  /** The folder for data that the script collects with Azure's collectors. */
  readonly dataDirectory: string;
  /** The dialect of error messages; by default that of today's server. */
  readonly dialect?: Dialect;
  readonly scoringTimeoutMs: number;
  /** The time limit of `run()`, after which its worker is ended; 0 for none. */
  readonly workerTimeoutMs: number;
  /** Whether the script waits for a debugger to attach; implies one worker and no limits. */
  readonly debug: boolean;
  /** The time limit of import and `init()`. */
  readonly initTimeoutMs: number;
  readonly events: EventSink;
}

/** One generation: a fixed number of warmed workers, each running one request at a time, and their queue. */
export interface ScorePool extends AsyncDisposable {
  readonly generation: number;
  readonly swagger: ScriptSwagger;
  workers(): readonly WorkerStatus[];
  /** Queues a request for a free worker. Aborting removes it from the queue, or stops waiting for its answer. */
  score(request: ScoreRequest, signal: AbortSignal): Promise<ScoreOutcome>;
  /** Resolves with true when every accepted request is answered, or with false after `limitMs`. */
  drain(limitMs: number): Promise<boolean>;
}
