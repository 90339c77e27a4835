import type { Dialect } from '../config/index.ts';
import type { ScriptSwagger } from './score-pool.ts';

// Control messages between us and a worker, as JSON in CONTROL frames. harness/session.py is the other side.

/** Names the script to run. Sent once, before any request. */
export interface StartMessage {
  readonly type: 'start';
  readonly entryScript: string;
  readonly sourceDirectory: string;
  /** Added to the environment that the process was started with. */
  readonly environment: Readonly<Record<string, string>>;
  /** The folder for the data that the script collects. */
  readonly dataDirectory: string;
  readonly engineHost: string | undefined;
  readonly enginePort: number | undefined;
  /** Whether to wait for a debugger before loading the script. */
  readonly debug: boolean;
  readonly dialect: Dialect | undefined;
  readonly scoringTimeoutMs: number;
  readonly initTimeoutMs: number;
  /** The user's modules by path, as this generation read them: a restarted worker gets the same ones. */
  readonly sources: Readonly<Record<string, string>>;
}

export interface ReadyMessage {
  readonly type: 'ready';
  readonly initMs: number;
  readonly form: 'plain' | 'schema' | 'rawhttp';
  /** Whether the worker itself ends a `run()` that takes too long (not on Windows). */
  readonly alarm: boolean;
  /** Whether requests must include target and headers. */
  readonly wantsHead: boolean;
  readonly swagger: ScriptSwagger;
  /**
   * Installed modules that are loaded by now; empty if importing them ahead of the script would change its behaviour.
   */
  readonly modules: readonly string[];
  readonly sources: Readonly<Record<string, string>>;
}

/** `name` is how to import a module next to the script; null if it cannot be imported, and for other causes. */
export interface StartCause {
  readonly kind: 'beside-script' | 'relative-import' | 'parsed-arguments' | 'exit';
  readonly name: string | null;
}

/** Why the script did not start. */
export interface FailedMessage {
  readonly type: 'failed';
  readonly stage: 'import' | 'check' | 'init' | 'timeout';
  /** The real server's own message about a script that it refuses. */
  readonly refused: boolean;
  /** The entry script does not exist. */
  readonly missing: boolean;
  readonly message: string;
  /** The module that a ModuleNotFoundError names. */
  readonly module: string | null;
  /** A wrong assumption of the script about how the server runs it. */
  readonly cause: StartCause | null;
  readonly file: string;
  readonly line: number | null;
  readonly traceback: string;
  /** AZUREML_MODEL_DIR as a tree, if `init()` failed. */
  readonly tree: readonly string[];
}

/** Asks a process that has loaded the script for a fork, which connects to this socket twice. */
export interface ForkMessage {
  readonly type: 'fork';
  readonly socket: string;
}

/** A process's report about its forks. */
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
  /** The script has loaded Flask since it became ready: from now on, requests must include target and headers. */
  | { readonly type: 'wantsHead' }
  /** The script needs a process without libraries imported ahead. */
  | { readonly type: 'unsuitable' }
  | ReadyMessage
  | FailedMessage
  | ForkReport;
