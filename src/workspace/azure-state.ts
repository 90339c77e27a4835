/** A JSON object whose members we do not interpret; unknown members survive a round trip. */
export type JsonObject = Readonly<Record<string, unknown>>;

export type Labels = Readonly<Record<string, string>>;

/** A number that we count up, or, in v2, any text that the user gave. */
export type ModelVersion = number | string;

/** What v2 adds to a registered asset. Records of earlier releases have none of it. */
export interface AssetMarks {
  /** Made by the SDK for a single deployment: kept, but in no list. */
  readonly isAnonymous?: boolean;
  /** Left out of lists; references by version still find it. */
  readonly isArchived?: boolean;
  /** ISO 8601; the time of creation if it has never changed. */
  readonly lastModifiedTime?: string;
  /** Properties of Azure's REST API that no verb reads, as received. */
  readonly otherProperties?: JsonObject;
}

/** A file or folder in a content store. */
export interface StoredEntry {
  /** Its name. */
  readonly entry: string;
  /** SHA-256 of names and bytes: the name of the folder with the copy. */
  readonly content: string;
  readonly bytes: number;
}

/**
 * A registered model, as `az ml model register` makes it. Each registration increases the version by one; versions are
 * never reused.
 */
export interface ModelRecord extends AssetMarks, StoredEntry {
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
}

export interface ResourceConfiguration {
  readonly cpu: number | null;
  readonly memoryInGB: number | null;
  readonly gpu: number | null;
}

/**
 * A registered environment. The definition is Azure ML's serialised Environment
 * (docs/reference/azureml.md#serialised-environment).
 */
export interface EnvironmentRecord extends AssetMarks {
  readonly name: string;
  readonly version: string;
  readonly definition: JsonObject;
  /** ISO 8601; missing in records of earlier releases. */
  readonly createdTime?: string;
  /** The uploaded folder that its image would be built from. */
  readonly buildContext?: StoredEntry;
}

/** The uploaded source directory of a deployment. */
export interface CodeRecord extends AssetMarks, StoredEntry {
  readonly name: string;
  readonly version: string;
  readonly createdTime: string;
}

/** A data asset, which nothing here reads: the name under which a deployment collects data. */
export interface DataRecord extends AssetMarks {
  readonly name: string;
  readonly version: string;
  readonly createdTime: string;
}

/** A Kubernetes cluster that is attached to the workspace by name only. */
export interface ComputeRecord {
  readonly name: string;
  /** Of the cluster in Azure; null if it was not given. */
  readonly resourceId: string | null;
}

export type ComputeType = 'Local' | 'ACI' | 'AKS';

/** A deployed service: how it was defined, and where it runs. */
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
  /** Azure ML's deployment configuration as given, with values from the command line merged in. */
  readonly deploymentConfig: JsonObject;
  /** Number of the deployment attempt that serves or, if none serves, that failed; also the name of its folder. */
  readonly revision: number;
  /** Null if the last attempt failed and nothing served before it. */
  readonly running: RunningService | null;
  /** Why the last attempt failed; null if it succeeded. */
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
  /** `managed`: its deployments run with the limits and status codes of managed endpoints. */
  readonly profile: 'none' | 'managed';
  readonly description: string | null;
  readonly tags: Labels;
  readonly properties: Labels;
  /** Percentage by deployment; 0 for deployments that are not listed. */
  readonly traffic: Readonly<Record<string, number>>;
  /** Percentage of requests that are also sent to a deployment whose answers nobody gets; none if absent. */
  readonly mirrorTraffic?: Readonly<Record<string, number>>;
  readonly createdTime: string;
  /** Absent if nothing has changed since. */
  readonly updatedTime?: string;
  /** The other properties of its file, as given. */
  readonly definition: JsonObject;
  /** Its proxy; null while it is not running. */
  readonly running: { readonly pid: number; readonly port: number } | null;
  readonly deployments: readonly DeploymentRecord[];
}

export interface DeploymentRecord {
  readonly name: string;
  /** The deployment as its file and flags define it, with absolute paths. */
  readonly definition: JsonObject;
  /** `NAME:VERSION` of its model; null if it has none. */
  readonly modelId: string | null;
  readonly deployment: 'no-code' | 'script';
  readonly createdTime: string;
  /** Absent if nothing has changed since. */
  readonly updatedTime?: string;
  /** The resource ids that Azure's SDK gave for its code and environment; absent if a file defines it. */
  readonly resourceIds?: ResourceIds;
  readonly revision: number;
  readonly running: RunningService | null;
  readonly error: string | null;
}

export interface ResourceIds {
  readonly code?: string;
  readonly environment?: string;
}

/** A long-running operation on an endpoint or one of its deployments, requested through Azure's SDK. */
export interface OperationRecord {
  readonly id: string;
  /** `onlineEndpoints/NAME[/deployments/NAME]` */
  readonly resource: string;
  readonly kind: 'create' | 'delete' | 'regenerateKeys';
  readonly status: 'InProgress' | 'Succeeded' | 'Failed' | 'Canceled';
  /** Why it failed or was canceled. */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** ISO 8601. */
  readonly startTime: string;
  readonly endTime: string | null;
  /** What is needed to run it again after a restart; empty once it has ended. */
  readonly input: JsonObject;
}

/** Everything known about one workspace: the content of its file. */
export interface AzureState {
  readonly schemaVersion: 1;
  readonly models: readonly ModelRecord[];
  /** The highest version that each model name has had, so that deleted versions are not reused. */
  readonly lastVersions: Readonly<Record<string, number>>;
  readonly environments: readonly EnvironmentRecord[];
  readonly codes: readonly CodeRecord[];
  readonly data: readonly DataRecord[];
  /** The names whose versions are all archived: `models/NAME`, `environments/NAME`, `data/NAME`. */
  readonly archivedNames: readonly string[];
  readonly computes: readonly ComputeRecord[];
  readonly services: readonly ServiceRecord[];
  readonly endpoints: readonly EndpointRecord[];
  /** Oldest first: those in progress, and the last of those that have ended. */
  readonly operations: readonly OperationRecord[];
}

export const emptyState: AzureState = {
  schemaVersion: 1,
  models: [],
  lastVersions: {},
  environments: [],
  codes: [],
  data: [],
  archivedNames: [],
  computes: [],
  services: [],
  endpoints: [],
  operations: [],
};
