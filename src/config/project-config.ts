import type { ServiceSettings } from './service-settings.ts';

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
  /** Why this file was taken, where its place does not say it: such as `named by deployment.yml`. */
  readonly reason?: string;
  /** Whether the script waits for an editor to attach to its only worker, and nothing has a time limit. */
  readonly debug: boolean;
}

export const ENGINE_CHOICES = ['auto', 'docker', 'native', 'embedded', 'external'] as const;
export const MODEL_CONTROL_MODES = ['none', 'explicit', 'poll'] as const;
export const UI_MODES = ['auto', 'tui', 'plain', 'json'] as const;
export const LOG_THRESHOLDS = ['debug', 'info', 'warning', 'error'] as const;
export const AUTH_MODES = ['none', 'key'] as const;
export const CLOUD_PROFILES = ['none', 'aks', 'managed'] as const;
export const DIALECTS = ['current', '2021'] as const;

export type EngineChoice = (typeof ENGINE_CHOICES)[number];
/** Triton's own flag: what clients may load and unload. Our reload works in each. */
export type ModelControlMode = (typeof MODEL_CONTROL_MODES)[number];
export type UiMode = (typeof UI_MODES)[number];
export type LogThreshold = (typeof LOG_THRESHOLDS)[number];
/** The cloud service whose limits and status codes are met at home. */
export type CloudProfileName = (typeof CLOUD_PROFILES)[number];
/** What a deployment may set of its front end; whole numbers above 0. */
export const PROFILE_LIMITS = ['timeoutMs', 'concurrent', 'waitMs'] as const;
export type ProfileLimits = Readonly<Partial<Record<(typeof PROFILE_LIMITS)[number], number>>>;
/** Whose texts and headers the scoring service has: today's server or that of 2020 and 2021. */
export type Dialect = (typeof DIALECTS)[number];
export type AuthMode = (typeof AUTH_MODES)[number];

/** Who told us a value; shown in errors and by `config --explain`. */
export type Origin = 'flag' | 'environment' | 'triton-local.yaml' | 'detection' | 'default';

/**
 * Everything a run needs, resolved once from flags, environment and files, then frozen. Paths are absolute.
 * Rooms get this or a slice of it; nothing below `config` reads the environment.
 */
export interface ProjectConfig {
  readonly projectDir: string;
  /** Where `triton-local.yaml` lies, or would lie. */
  readonly projectFile: string;
  readonly models: ModelSource | undefined;
  readonly script: ScriptSource | undefined;
  readonly engine: EngineChoice;
  /** `all`, `none` or device numbers with commas; undefined where nothing was said. */
  readonly gpus: string | undefined;
  /** The Triton image of the docker engine, where the user names one. */
  readonly image: string | undefined;
  /** What `--image slim` is built on, where the user names it. */
  readonly slimBase: string | undefined;
  /** Address of the Docker daemon, where the user names one. */
  readonly dockerHost: string | undefined;
  /** The program of the native engine, where the user names one. */
  readonly tritonserver: string | undefined;
  /** The server of the external engine. No trailing slash. */
  readonly tritonUrl: string | undefined;
  /** Its gRPC as `grpc://HOST:PORT` or `grpcs://HOST:PORT`, and its metrics; not offered where nothing was said. */
  readonly tritonGrpcUrl: string | undefined;
  readonly tritonMetricsUrl: string | undefined;
  /** PEM files for TLS to it. */
  readonly tritonTls: {
    readonly ca: string | undefined;
    readonly cert: string | undefined;
    readonly key: string | undefined;
  };
  /** Sent to that server with every request. May hold keys: never shown. */
  readonly tritonHeaders: Readonly<Record<string, string>>;
  readonly modelControlMode: ModelControlMode;
  readonly host: string;
  /** The scoring port; 0 takes any free one. */
  readonly port: number;
  /** Triton's HTTP port; 0 takes any free one. */
  readonly httpPort: number;
  /** Triton's gRPC and metrics ports; 0 takes any free one. */
  readonly grpcPort: number;
  readonly metricsPort: number;
  readonly workers: number;
  /** How long one `run()` may take (`SCORING_TIMEOUT_MS`). */
  readonly scoringTimeoutMs: number;
  /** How long one `run()` may keep its worker until that is ended (`WORKER_TIMEOUT`); 0 is for ever. */
  readonly workerTimeoutMs: number;
  readonly service: ServiceSettings;
  readonly python: PythonSource;
  readonly auth: AuthMode;
  readonly profile: CloudProfileName;
  /** The deployment's own limits in place of the profile's defaults. */
  readonly profileLimits: ProfileLimits;
  readonly dialect: Dialect;
  /** `TRITON_LOCAL_KEY`: the primary key, where the user gives one. Never shown. */
  readonly primaryKey: string | undefined;
  readonly watch: boolean;
  /** Whether scoring answers 503 while something older would serve because the newest content failed. */
  readonly strictReload: boolean;
  /** The file with the body of the request that is sent again after each reload. */
  readonly replayFile: string | undefined;
  readonly ui: UiMode;
  readonly logThreshold: LogThreshold;
  /** How long the engine and the script's `init()` may take to come up. */
  readonly timeoutMs: number;
  /** Whether an engine may install what it lacks without a question. */
  readonly yes: boolean;
  /** `TRITON_LOCAL_HOME`: all state; nothing of it lies in the user's project. */
  readonly home: string;
  /** What Python workers and tools get: our own environment with `--env` laid over it, without our secrets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Origin of each setting, by its name. */
  readonly origins: Readonly<Record<string, Origin>>;
}
