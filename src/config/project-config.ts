import type { ServiceSettings } from './service-settings.ts';
import type { SettingGroup } from './settings.ts';

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

/** How many workers run the script, and their time limits in milliseconds. */
export interface WorkerSettings {
  readonly count: number;
  /** How long one `run()` may take (`SCORING_TIMEOUT_MS`). */
  readonly scoringTimeoutMs: number;
  /** After how long a `run()` costs its worker (`WORKER_TIMEOUT`); 0 is never. */
  readonly workerTimeoutMs: number;
  readonly initTimeoutMs: number;
}

/** Where a value comes from; shown in errors. */
export type Origin = 'flag' | 'environment' | 'triton-local.yaml' | 'detection' | 'default';

/** What serves the models, as the user asked for it. */
export type EngineSettings = SettingGroup<'engine'>;
/** The server of the external engine; the headers may hold keys. */
export type ExternalSettings = SettingGroup<'external'>;
/** The address that every port listens on, and the ports; 0 takes any free one. */
export type ListenSettings = SettingGroup<'listen'>;

export type ScoringSettings = SettingGroup<'scoring'> &
  ServiceSettings & {
    /** `TRITON_LOCAL_KEY`: the primary key, where the user gives one. Never shown. */
    readonly primaryKey: string | undefined;
  };

/**
 * Everything a run needs, resolved once from flags, environment and files, then frozen. Paths are absolute.
 * Rooms get this or a group of it; nothing below `config` reads the environment. Settings come in the groups of
 * `SETTING_GROUPS`; what takes more than one of them, such as `python`, is put together by `resolveProject`.
 */
export interface ProjectConfig {
  readonly projectDir: string;
  /** Where `triton-local.yaml` lies, or would lie. */
  readonly projectFile: string;
  readonly models: ModelSource | undefined;
  readonly script: ScriptSource | undefined;
  readonly engine: EngineSettings;
  readonly external: ExternalSettings;
  readonly listen: ListenSettings;
  readonly python: PythonSource;
  readonly workers: WorkerSettings;
  readonly scoring: ScoringSettings;
  readonly reload: SettingGroup<'reload'>;
  readonly start: SettingGroup<'start'>;
  readonly display: SettingGroup<'display'>;
  /** `TRITON_LOCAL_HOME`: all state; nothing of it lies in the user's project. */
  readonly home: string;
  /** What Python workers and tools get: our own environment with `--env` laid over it, without our secrets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Origin of each setting, by its name, such as `httpPort`. */
  readonly origins: Readonly<Record<string, Origin>>;
  /** What the user should know about the settings, such as a variable that nothing reads. */
  readonly warnings: readonly string[];
}
