import type { EngineSettings, ProjectConfig } from '../config/index.ts';
import type { EngineKind, EventSink, RequestHistory } from '../events/index.ts';
import type { ModelSnapshot, RepositorySync, UserPaths } from '../repository/index.ts';
import type { Engine, LocalEngine } from './engine.ts';

/**
 * An engine as the rest of the program sees it. A new engine needs a folder here with its descriptor, a row in
 * `table.ts` and its name in `base/engine-kinds.ts`.
 */
export interface EngineDescriptor {
  readonly kind: EngineKind;
  /** Where its models run. Those of a server `elsewhere` are not the project's. */
  readonly modelsRun: 'in the container' | 'on this machine' | 'elsewhere';
  /** What `--gpus` means to it: `selects` the GPUs, is `ignored`, or is `refused` unless it is `none`. */
  readonly gpus: 'selects' | 'ignored' | 'refused';
  /**
   * Plans the engine that the user chose by name.
   * @throws ENGINE_UNAVAILABLE (exit 5) if it cannot serve, with the command that fixes it
   */
  planChosen(criteria: EngineCriteria): EnginePlan;
  /** What it contributes to `--engine auto`, without downloading anything. Absent if it runs only when chosen by name. */
  offer?(criteria: EngineCriteria): EngineOffer | Promise<EngineOffer>;
  /** What must be installed before it can run; undefined if nothing is missing. */
  missingInstallation?(criteria: InstallationCriteria): Installation | undefined;
}

/** What the choice of engine depends on. */
export interface EngineCriteria extends Pick<ProjectConfig, 'home' | 'environment'> {
  readonly engine: Pick<
    EngineSettings,
    'choice' | 'gpus' | 'image' | 'slimBase' | 'dockerHost' | 'tritonserver'
  >;
  readonly external: Pick<ProjectConfig['external'], 'url'>;
  /** Names of the backends that the project's models need. */
  readonly backends: readonly string[];
  readonly platform: NodeJS.Platform;
}

export type InstallationCriteria = Pick<EngineCriteria, 'engine' | 'home' | 'environment' | 'platform'>;

/** One way to serve the models. */
export interface EnginePlan {
  readonly kind: EngineKind;
  /** Why it was chosen, for the user. */
  readonly reason: string;
  /** Makes the engine, and first installs or builds what it needs. */
  make(context: EngineContext, signal: AbortSignal): Engine<LocalEngine> | Promise<Engine<LocalEngine>>;
}

/** The ways in which an engine can serve, best first, and why not, if it cannot. */
export interface EngineOffer {
  readonly plans: readonly EnginePlan[];
  readonly problem?: string | undefined;
}

/** Software that the user must agree to install. */
export interface Installation {
  /** What is missing, as a clause: `the native engine has no tritonserver`. */
  readonly missing: string;
  /** What would be installed, with its size. */
  readonly package: string;
  /** What the user can do instead, as a command: `name a server with --tritonserver`. */
  readonly alternative: string;
}

/** What an engine is made from. */
export interface EngineContext {
  readonly config: ProjectConfig;
  /** The project's models at the start. */
  readonly models: readonly ModelSnapshot[];
  /** The folder that the engine reads models from. */
  readonly stagedRepository: string;
  /** Starts the names of a native Triton's shared memory. */
  readonly sharedMemoryPrefix: string;
  /** Brings the staged repository up to date before clients list or load models. */
  readonly sync: RepositorySync;
  /** Where to look for `onnxruntime-node` after the project's own folders. */
  readonly runtimePaths: readonly string[];
  /** Records that a file of the state folder is in use, so that `prune` keeps it. */
  readonly uses: (file: string) => Promise<void>;
  /** Translates staged paths in the engine's texts into the user's paths. */
  readonly paths: UserPaths;
  /** Fires when the user prefers what is on this machine to waiting for an image. */
  readonly skipDownload: AbortSignal;
  readonly events: EventSink;
  /** Where each request to the engine's ports is recorded. */
  readonly requests: RequestHistory;
}

/** The reason of a plan that the user chose by name. */
export const CHOSEN = 'chosen by --engine';
