import { existsSync, realpathSync } from 'node:fs';
import { type TritonLocalError, toTritonLocalError } from '../base/index.ts';
import { findTooOld } from './interpreter.ts';
import type { ReadyMessage, StartMessage } from './messages.ts';
import type { ScorePoolOptions } from './score-pool.ts';
import { describeTimeout, ScriptTimeout, scriptEnded, scriptFailure } from './script-failure.ts';
import type { Worker } from './worker.ts';

/** Where the scoring server listens in the cloud's container. */
const SERVER_PORT = '5001';
/** Where it also listens with `SEPERATE_HEALTH_ENDPOINT=true` (the real spelling). */
const DEFAULT_HEALTH_PORT = '5000';
/** How long after the worker's own limit we end it. */
const GRACE_MS = 2_000;

type Variables = Readonly<Record<string, string>>;

/** A failed start, with Python's output about it. */
export interface StartFailure {
  readonly error: TritonLocalError;
  /** For the log, at level error. */
  readonly lines: readonly string[];
  /** What the real server logs about AZUREML_MODEL_DIR if `init()` fails. */
  readonly tree: readonly string[];
}

export type StartOutcome =
  | { readonly kind: 'ready'; readonly ready: ReadyMessage }
  /** This process has imported libraries ahead, and the script needs one that has not. */
  | { readonly kind: 'unsuitable' }
  | { readonly kind: 'failed'; readonly failure: StartFailure };

/** Loads the script in a worker, within the time limit of `options`. Never rejects; a failed worker is ended. */
export async function startWorker(
  worker: Worker,
  options: ScorePoolOptions,
  sources: StartMessage['sources'],
): Promise<StartOutcome> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    worker.kill();
  }, options.initTimeoutMs + GRACE_MS);
  try {
    const result = await worker.start(startMessage(options, sources));
    if (result.type === 'ready') return { kind: 'ready', ready: result };
    // It ends by itself, or we end it if a thread of the script keeps it running.
    worker[Symbol.asyncDispose]().catch(() => undefined);
    if (result.type === 'unsuitable') return { kind: 'unsuitable' };
    const lines = result.traceback === '' ? [] : result.traceback.split('\n');
    return failure(scriptFailure(result, options), lines, result.tree);
  } catch (error) {
    if (late) {
      const cause = new ScriptTimeout('', { cause: error });
      return failure(scriptEnded(describeTimeout(options), options, cause));
    }
    const tooOld = worker.hasStarted ? undefined : await findTooOld(options.interpreter, options.environment);
    const fault = tooOld ?? toTritonLocalError(error);
    // Once the harness has started, it is the script, or a library that it loads, that ends the process.
    const byScript = fault.code === 'WORKER_FAILED' && worker.hasStarted;
    return failure(byScript ? scriptEnded(fault.message, options, fault.cause) : fault);
  } finally {
    clearTimeout(timer);
  }
}

function failure(error: TritonLocalError, lines: readonly string[] = [], tree: readonly string[] = []) {
  return { kind: 'failed', failure: { error, lines, tree } } as const;
}

function startMessage(options: ScorePoolOptions, sources: StartMessage['sources']): StartMessage {
  const { entryScript, sourceDirectory, engineAuthority } = options;
  const engine = engineAuthority === undefined ? undefined : parseAuthority(engineAuthority);
  return {
    type: 'start',
    entryScript,
    sourceDirectory,
    environment: scriptEnvironment(options),
    dataDirectory: options.dataDirectory,
    engineHost: engine?.host,
    enginePort: engine?.port,
    debug: options.debug,
    dialect: options.dialect,
    scoringTimeoutMs: options.scoringTimeoutMs,
    initTimeoutMs: options.initTimeoutMs,
    sources,
  };
}

/**
 * The variables that tell a script where it runs (docs/reference/azureml.md#environment-variables); those about
 * models are in the options.
 */
function scriptEnvironment({ entryScript, sourceDirectory, environment, workers }: ScorePoolOptions) {
  return {
    AML_APP_ROOT: sourceDirectory,
    // The full path with links resolved, since the server is started with `--entry_script`.
    AZUREML_ENTRY_SCRIPT: existsSync(entryScript) ? realpathSync(entryScript) : entryScript,
    WORKER_COUNT: String(workers),
    // The server sets these unless they are already set.
    SERVER_PORT,
    HEALTH_PORT: environment.SEPERATE_HEALTH_ENDPOINT === 'true' ? DEFAULT_HEALTH_PORT : SERVER_PORT,
    SERVER_SOFTWARE: 'gunicorn/27.0.1',
    HTTP_X_MS_SERVER_VERSION: 'azmlinfsrv/1.5.1',
    AML_APP_INSIGHTS_ENABLED: String(hasAppInsights(environment)),
  };
}

/** Effective only if `true` and the key is a UUID; nothing is sent anywhere. */
function hasAppInsights({
  AML_APP_INSIGHTS_ENABLED: enabled,
  AML_APP_INSIGHTS_KEY: key = '',
}: Variables): boolean {
  return enabled === 'true' && /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(key);
}

/** Host and port of the engine; undefined if the script's `localhost:8000` is already right. */
function parseAuthority(authority: string): { host: string; port: number } | undefined {
  const { hostname, port } = new URL(`http://${authority}`);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (port === '8000' && (host === 'localhost' || host === '127.0.0.1')) return undefined;
  return { host, port: port === '' ? 80 : Number(port) };
}
