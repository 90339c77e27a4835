// Azureml: the verbs of Azure ML as operations on a workspace: models, environments, deployments, services. It knows
// Azure's names, schemas, texts and shapes; it serves nothing itself: each service is a separate emulator.
export {
  type AssetKind,
  archiveAsset,
  archiveName,
  isListed,
  isNameArchived,
  type ListView,
  requireNameRestored,
} from './asset-lists.ts';
export { AZUREML_TRITON } from './curated-environments.ts';
export { deployModel } from './deploy.ts';
export { readDeploymentSettings } from './deployment-config.ts';
export { type Document, readDocument, readYaml } from './document.ts';
export { getCredentials, invokeEndpoint, regenerateEndpointKey } from './endpoint-access.ts';
export { newEnvironment, readEnvironmentDirectory, saveEnvironment } from './environment-folder.ts';
export {
  condaTextOf,
  type NewEnvironment,
  putEnvironmentVersion,
} from './environment-versions.ts';
export { createEnvironment } from './environment-yaml.ts';
export {
  listEnvironments,
  registerEnvironment,
  showEnvironment,
} from './environments.ts';
export { parseLabels } from './labels.ts';
export { frameworkOf, modelTypeOf } from './model-types.ts';
export { parseModelVersion, putModelVersion, type Upload } from './model-versions.ts';
export { createModel } from './model-yaml.ts';
export {
  deleteModel,
  downloadModel,
  listModels,
  type ModelReference,
  type Notify,
  registerModel,
  showModel,
  updateModel,
} from './models.ts';
export { type DeploymentRequest, deployOnline, prepareDeployment } from './online-deploy.ts';
export {
  checkDeletable,
  DEFAULT_REQUEST_SETTINGS,
  deleteDeployment,
  getDeploymentLogs,
  listDeployments,
  showDeployment,
} from './online-deployments.ts';
export type { EndpointRequest } from './online-endpoint-plan.ts';
export {
  createEndpoint,
  deleteEndpoint,
  listEndpoints,
  prepareEndpoint,
  showEndpoint,
  updateEndpoint,
} from './online-endpoints.ts';
export { checkOnlineName } from './online-schema.ts';
export {
  type DeploymentStatus,
  deploymentStatuses,
  type EndpointStatus,
  endpointStatus,
  endpointStatuses,
  resourceOf,
} from './online-state.ts';
export { checkAssetName } from './refusal.ts';
export { deleteService, updateService } from './service-change.ts';
export type { ServiceHost } from './service-host.ts';
export { getAccessToken, getKeys, regenerateKey } from './service-keys.ts';
export type { DeployRequest } from './service-plan.ts';
export { getLogs, listServices, runService, showService } from './services.ts';
