/** A JSON object whose members are not ours to interpret; what is unknown survives a round trip. */
export type JsonObject = Readonly<Record<string, unknown>>;

export type Labels = Readonly<Record<string, string>>;

/** Counted, or, in v2, any text that was asked for. */
export type ModelVersion = number | string;

/** A registered model, as `az ml model register` makes it. Versions rise by one a registration and are not used twice. */
export interface ModelRecord {
  readonly name: string;
  readonly version: ModelVersion;
  /** ISO 8601. */
  readonly createdTime: string;
  readonly description: string | null;
  readonly framework: string;
  readonly frameworkVersion: string | null;
  readonly tags: Labels;
  readonly properties: Labels;
  readonly runId: string | null;
  readonly experimentName: string | null;
  readonly sampleInputDatasetId: string | null;
  readonly sampleOutputDatasetId: string | null;
  readonly resourceConfiguration: ResourceConfiguration | null;
  /** Name of the registered file or folder; it is part of the path in the container. */
  readonly entry: string;
  /** SHA-256 over names and bytes: the folder that holds the copy. */
  readonly content: string;
  readonly bytes: number;
}

export interface ResourceConfiguration {
  readonly cpu: number | null;
  readonly memoryInGB: number | null;
  readonly gpu: number | null;
}

/**
 * A registered environment; the definition is Azure ML's serialised Environment
 * (docs/reference/azureml.md#serialised-environment).
 */
export interface EnvironmentRecord {
  readonly name: string;
  readonly version: string;
  readonly definition: JsonObject;
}

export type ComputeType = 'Local' | 'ACI' | 'AKS';

/** A deployed service: what was asked for, and where it runs. */
export interface ServiceRecord {
  readonly name: string;
  readonly computeType: ComputeType;
  readonly computeName: string | null;
  readonly description: string | null;
  readonly tags: Labels;
  readonly properties: Labels;
  readonly createdTime: string;
  readonly updatedTime: string;
  /** `NAME:VERSION` of each model. */
  readonly modelIds: readonly string[];
  /** Azure ML's inference configuration with its environment in full; null for a no-code deployment. */
  readonly inferenceConfig: JsonObject | null;
  /** Azure ML's deployment configuration as it was given, with the command line laid over it. */
  readonly deploymentConfig: JsonObject;
  /** Counts the attempts to deploy: the folder of the one that serves, or that failed where none serves. */
  readonly revision: number;
  /** Null where the last attempt failed and nothing served before. */
  readonly running: RunningService | null;
  /** Why the last attempt failed; null where it did not. */
  readonly error: string | null;
}

/** The emulator that serves a service. */
export interface RunningService {
  readonly pid: number;
  readonly port: number;
  readonly scoringUri: string;
}

/** An online endpoint of v2: one proxy in front of its deployments, which are emulators of their own. */
export interface EndpointRecord {
  readonly name: string;
  readonly authMode: 'key' | 'aml_token' | 'aad_token';
  /** `managed`: its deployments are started with the limits and status codes of managed endpoints. */
  readonly profile: 'none' | 'managed';
  readonly description: string | null;
  readonly tags: Labels;
  readonly properties: Labels;
  /** Percent by deployment; those that are left out have none. */
  readonly traffic: Readonly<Record<string, number>>;
  readonly createdTime: string;
  /** What its file had besides, as it was given. */
  readonly definition: JsonObject;
  /** Its proxy; null while it is not running. */
  readonly running: { readonly pid: number; readonly port: number } | null;
  readonly deployments: readonly DeploymentRecord[];
}

export interface DeploymentRecord {
  readonly name: string;
  /** The deployment as its file and flags had it, paths made absolute. */
  readonly definition: JsonObject;
  /** `NAME:VERSION` of its model; null for one without. */
  readonly modelId: string | null;
  readonly deployment: 'no-code' | 'script';
  readonly createdTime: string;
  readonly revision: number;
  readonly running: RunningService | null;
  readonly error: string | null;
}

/** Everything that is known of one workspace: the content of its file. */
export interface AzureState {
  readonly schemaVersion: 1;
  readonly models: readonly ModelRecord[];
  /** The highest version that each model name has had, so that a deleted one is not given again. */
  readonly lastVersions: Readonly<Record<string, number>>;
  readonly environments: readonly EnvironmentRecord[];
  readonly services: readonly ServiceRecord[];
  readonly endpoints: readonly EndpointRecord[];
}

export const emptyState: AzureState = {
  schemaVersion: 1,
  models: [],
  lastVersions: {},
  environments: [],
  services: [],
  endpoints: [],
};
