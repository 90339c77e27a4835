/** Where the models come from. `onnx-file` is a single model that is put into a repository of its own. */
export type ModelSource =
  | { readonly kind: 'repository'; readonly directory: string }
  | { readonly kind: 'onnx-file'; readonly file: string; readonly model: string };

/** The entry script and the folder it was written for: its working directory, `AML_APP_ROOT` and import root. */
export interface ScriptSource {
  readonly entryScript: string;
  readonly sourceDirectory: string;
}

/** Which Python runs the workers. A given interpreter is used as it is; otherwise one is built from the file. */
export interface PythonSource {
  readonly interpreter: string | undefined;
  readonly requirementsFile: string | undefined;
  readonly condaFile: string | undefined;
}

export type UiMode = 'auto' | 'tui' | 'plain' | 'json';
export type LogThreshold = 'debug' | 'info' | 'warning' | 'error';
/** Triton's own flag: what clients may load and unload. Our reload works in each. */
export type ModelControlMode = 'none' | 'explicit';
/** Who told us a value; shown by `config --explain` and in errors. */
export type Origin = 'flag' | 'environment' | 'triton-local.yaml' | 'detection' | 'default';

/**
 * Everything a run needs, resolved once from flags, environment and files, then frozen. Paths are absolute.
 * Rooms get this or a slice of it; nothing below `config` reads the environment.
 */
export interface ProjectConfig {
  readonly projectDir: string;
  readonly models: ModelSource | undefined;
  readonly script: ScriptSource | undefined;
  readonly engine: 'auto' | 'embedded';
  readonly modelControlMode: ModelControlMode;
  readonly host: string;
  readonly port: number;
  readonly httpPort: number;
  readonly workers: number;
  /** How long one `run()` may take (`SCORING_TIMEOUT_MS`). */
  readonly scoringTimeoutMs: number;
  readonly python: PythonSource;
  readonly auth: 'none' | 'key';
  readonly watch: boolean;
  readonly ui: UiMode;
  readonly logThreshold: LogThreshold;
  /** How long start may take until it counts as failed; also the limit of `test` for one request. */
  readonly timeoutMs: number;
  /** `TRITON_LOCAL_HOME`: all state, nothing of it in the user's project. */
  readonly home: string;
  /** What Python workers and tools get: our own environment with `--env` laid over it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Origin of each value, by the name of its field. */
  readonly origins: Readonly<Record<string, Origin>>;
}
