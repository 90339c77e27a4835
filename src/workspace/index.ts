// Workspace: local Azure ML state on disk: models, environments, services with their keys, and running emulators. It
// knows files; it refuses to know what an emulator or a deployment does, or to read the environment.
export {
  type AccessToken,
  issueToken,
  isValidToken,
  LOCAL_SUBSCRIPTION,
  LOCAL_TENANT,
} from './access-token.ts';
export { type ContentKind, idOf, type NewModel } from './asset-store.ts';
export type {
  AssetMarks,
  AzureState,
  CodeRecord,
  ComputeRecord,
  ComputeType,
  DataRecord,
  DeploymentRecord,
  EndpointRecord,
  EnvironmentRecord,
  JsonObject,
  Labels,
  ModelRecord,
  ModelVersion,
  OperationRecord,
  ResourceConfiguration,
  ResourceIds,
  RunningService,
  ServiceRecord,
  StoredEntry,
} from './azure-state.ts';
export { AzureWorkspace, ENDPOINTS } from './azure-workspace.ts';
export { type CollectedFile, dataDirectory, listCollected } from './collected-data.ts';
export { type ContentFile, copyContent } from './content-store.ts';
export {
  type ControlPlaneSecrets,
  controlPlaneDirectory,
  controlPlaneSecrets,
} from './control-plane-secrets.ts';
export type { Instance, InstanceAnnouncement, InstanceClaim, InstanceRecord } from './instance.ts';
export { keysFile, makeKey, replaceServiceKeys, type ServiceKeys, serviceKeys } from './keys.ts';
export { listPrunable, type PrunableItem, removePrunable } from './prune.ts';
export { readRecord } from './record-file.ts';
export { whyNotStorable } from './storable-path.ts';
export { type LocalCertificate, localCertificate } from './tls/local-certificate.ts';
export { openWorkspace, type Workspace } from './workspace.ts';
