import type { Dialect } from '../config/index.ts';
import type { ScriptSwagger } from './score-pool.ts';

// Control messages between us and a worker, as JSON in CONTROL frames; harness/session.py makes and reads them.

/** Tells a worker what to run. Sent once, after which only requests follow. */
export interface StartMessage {
  readonly type: 'start';
  readonly entryScript: string;
  readonly sourceDirectory: string;
  /** Laid over the environment that the process was started with. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where what the script collects is written. */
  readonly dataDirectory: string;
  readonly engineHost: string | undefined;
  readonly enginePort: number | undefined;
  /** Whether to wait for an editor before the script is loaded. */
  readonly debug: boolean;
  readonly dialect: Dialect | undefined;
  readonly scoringTimeoutMs: number;
  readonly initTimeoutMs: number;
  /** The user's modules as the generation read them, by path: a worker that starts again gets no newer ones. */
  readonly sources: Readonly<Record<string, string>>;
}

export interface ReadyMessage {
  readonly type: 'ready';
  readonly initMs: number;
  readonly form: 'plain' | 'schema' | 'rawhttp';
  /** Whether the worker itself ends a `run()` that takes too long (not on Windows). */
  readonly alarm: boolean;
  /** Whether requests must carry target and headers. */
  readonly wantsHead: boolean;
  readonly swagger: ScriptSwagger;
  /** Installed modules that are loaded now; empty where importing them ahead of the script would change it. */
  readonly modules: readonly string[];
  readonly sources: Readonly<Record<string, string>>;
}

/** `name` is how a module beside the script can be imported; null where it cannot, and with other causes. */
export interface StartCause {
  readonly kind: 'beside-script' | 'relative-import' | 'parsed-arguments' | 'exit';
  readonly name: string | null;
}

/** Why the script did not come up. */
export interface FailedMessage {
  readonly type: 'failed';
  readonly stage: 'import' | 'check' | 'init' | 'timeout';
  /** The message is the server's own about a script that it refuses. */
  readonly refused: boolean;
  /** The entry script is not there. */
  readonly missing: boolean;
  readonly message: string;
  /** The module that a ModuleNotFoundError names. */
  readonly module: string | null;
  /** What a script gets wrong about how the server runs it. */
  readonly cause: StartCause | null;
  readonly file: string;
  readonly line: number | null;
  readonly traceback: string;
  /** AZUREML_MODEL_DIR as a tree, when `init()` failed. */
  readonly tree: readonly string[];
}

/** Asks a process that has loaded the script for a fork that connects to this socket, twice. */
export interface ForkMessage {
  readonly type: 'fork';
  readonly socket: string;
}

/** What a process tells about its forks. */
export type ForkReport =
  | { readonly type: 'forked'; readonly pid: number /** Why there is none. */; readonly error: string | null }
  | {
      readonly type: 'ended';
      readonly pid: number;
      readonly code: number | null;
      readonly signal: string | null;
    };

export type WorkerMessage =
  | { readonly type: 'hello'; readonly pid: number; readonly python: string }
  | { readonly type: 'preloaded' }
  /** The script has loaded Flask since it was ready: from here on requests must carry target and headers. */
  | { readonly type: 'wantsHead' }
  /** The script needs a process in which no library was imported ahead of it. */
  | { readonly type: 'unsuitable' }
  | ReadyMessage
  | FailedMessage
  | ForkReport;
