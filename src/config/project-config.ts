import type { ServiceSettings } from './service-settings.ts';
import type { SettingGroup } from './settings.ts';

/** Where the models come from. `onnx-file` is a single model, which gets its own repository. */
export type ModelSource =
  | { readonly kind: 'repository'; readonly directory: string }
  | { readonly kind: 'onnx-file'; readonly file: string; readonly model: string };

/** The entry script and its source directory: its working directory, `AML_APP_ROOT` and import root. */
export interface ScriptSource {
  readonly entryScript: string;
  readonly sourceDirectory: string;
}

/** Which Python runs the workers: the given interpreter, unchanged, or an environment built from the file. */
export interface PythonSource {
  readonly interpreter: string | undefined;
  readonly requirementsFile: string | undefined;
  readonly condaFile: string | undefined;
  /** Why this file was chosen, if its location does not make it obvious, such as `named by deployment.yml`. */
  readonly reason?: string;
  /** Whether the only worker waits for a debugger to attach, without any time limits. */
  readonly debug: boolean;
}

/** How many workers run the script, and their time limits in milliseconds. */
export interface WorkerSettings {
  readonly count: number;
  /** Limit for one `run()` (`SCORING_TIMEOUT_MS`). */
  readonly scoringTimeoutMs: number;
  /** How long a `run()` may take before its worker is killed (`WORKER_TIMEOUT`); 0 for no limit. */
  readonly workerTimeoutMs: number;
  readonly initTimeoutMs: number;
}

/** Where a value comes from; shown in errors. */
export type Origin = 'flag' | 'environment' | 'triton-local.yaml' | 'detection' | 'default';

/** The user's choice of what serves the models. */
export type EngineSettings = SettingGroup<'engine'>;
/** The server of the external engine; the headers may contain keys. */
export type ExternalSettings = SettingGroup<'external'>;
/** The address that all ports listen on, and the ports; 0 picks any free port. */
export type ListenSettings = SettingGroup<'listen'>;

export type ScoringSettings = SettingGroup<'scoring'> &
  ServiceSettings & {
    /** `TRITON_LOCAL_KEY`: the primary key, if the user sets one. Never shown. */
    readonly primaryKey: string | undefined;
  };

/**
 * Everything that a run needs, resolved once from flags, environment and files, then frozen. Paths are absolute.
 * Rooms receive this or a group of it; nothing below `config` reads the environment. Settings come in the groups of
 * `SETTING_GROUPS`; `resolveProject` assembles what depends on several of them, such as `python`.
 */
export interface ProjectConfig {
  readonly projectDir: string;
  /** The path of `triton-local.yaml`, whether or not it exists. */
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
  /** `TRITON_LOCAL_HOME`: the folder of all state; none of it is kept in the user's project. */
  readonly home: string;
  /** The environment of Python workers and tools: our own, overlaid with `--env`, without our secrets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Origin of each setting, by its name, such as `httpPort`. */
  readonly origins: Readonly<Record<string, Origin>>;
  /** Warnings about the settings, such as a variable that nothing reads. */
  readonly warnings: readonly string[];
}
