import { idOf, type JsonObject, type ModelRecord, type ServiceRecord } from '../workspace/index.ts';
import { booleanIn, numberIn, objectIn, textIn } from './document.ts';
import { modelJson } from './model-json.ts';

export const WORKSPACE_NAME = 'triton-local';

/** Where a service stands, in the words of its kind: local ones are spelt small in azureml-core. */
export function serviceState({ computeType, running }: ServiceRecord, runs: boolean): string {
  if (computeType === 'Local') return running && runs ? 'running' : 'failed';
  if (!running) return 'Failed';
  return runs ? 'Healthy' : 'Unhealthy';
}

/** A service as az prints it: the members of azureml-core's `serialize()` of its kind. */
export function serviceJson(
  service: ServiceRecord,
  runs: boolean,
  models: readonly ModelRecord[],
): JsonObject {
  const { name, computeType, tags, properties, createdTime, updatedTime, running } = service;
  const common = {
    name,
    tags,
    properties,
    state: serviceState(service, runs),
    createdTime,
    updatedTime,
    error: errorJson(service, runs),
    computeType,
    workspaceName: WORKSPACE_NAME,
    imageId: null,
    scoringUri: running?.scoringUri ?? null,
  };
  const swaggerUri = running && new URL('/swagger.json', running.scoringUri).href;
  if (computeType === 'Local') return { ...common, swaggerUri, port: running ? String(running.port) : null };
  const used = models.filter((model) => service.modelIds.includes(idOf(model)));
  const cloud = {
    ...common,
    description: service.description,
    imageDigest: null,
    imageDetails: null,
    createdBy: null,
    swaggerUri,
    environmentDetails: objectIn(service.inferenceConfig ?? {}, 'environment') ?? null,
    modelDetails: used.map(modelJson),
  };
  return { ...cloud, ...(computeType === 'AKS' ? aksJson(service) : aciJson(service)) };
}

function errorJson({ error, running }: ServiceRecord, runs: boolean): JsonObject | null {
  if (error !== null) return { code: 'DeploymentFailed', statusCode: 400, message: error };
  if (running === null || runs) return null;
  return {
    code: 'ServiceStopped',
    statusCode: 503,
    message: `its process ${running.pid} has ended; "service update" starts it again, "service get-logs" tells its log`,
  };
}

/** Defaults as docs/reference/azureml.md#cloud-services-of-v1 has them. */
function aksJson({ deploymentConfig: config, computeName }: ServiceRecord): JsonObject {
  const scaler = objectIn(config, 'autoScaler');
  const resources = objectIn(config, 'containerResourceRequirements');
  const probe = objectIn(config, 'livenessProbeRequirements');
  const tokens = booleanIn(config, 'tokenAuthEnabled') ?? false;
  return {
    appInsightsEnabled: booleanIn(config, 'appInsightsEnabled') ?? false,
    authEnabled: booleanIn(config, 'authEnabled') ?? !tokens,
    aadAuthEnabled: tokens,
    autoScaler: {
      autoscaleEnabled: booleanIn(scaler, 'autoscaleEnabled') ?? true,
      minReplicas: numberIn(scaler, 'minReplicas') ?? 1,
      maxReplicas: numberIn(scaler, 'maxReplicas') ?? 10,
      refreshPeriodInSeconds: numberIn(scaler, 'refreshPeriodInSeconds') ?? 1,
      targetUtilization: numberIn(scaler, 'targetUtilization') ?? 70,
    },
    computeName,
    containerResourceRequirements: {
      cpu: numberIn(resources, 'cpu') ?? 0.1,
      cpuLimit: numberIn(resources, 'cpuLimit') ?? null,
      memoryInGB: numberIn(resources, 'memoryInGB') ?? 0.5,
      memoryInGBLimit: numberIn(resources, 'memoryInGBLimit') ?? null,
      gpu: numberIn(config, 'gpuCores') ?? 0,
    },
    dataCollection: {
      eventHubEnabled: null,
      storageEnabled: booleanIn(objectIn(config, 'dataCollection'), 'storageEnabled') ?? false,
    },
    livenessProbeRequirements: {
      periodSeconds: numberIn(probe, 'periodSeconds') ?? 10,
      initialDelaySeconds: numberIn(probe, 'initialDelaySeconds') ?? 310,
      timeoutSeconds: numberIn(probe, 'timeoutSeconds') ?? 2,
      successThreshold: numberIn(probe, 'successThreshold') ?? 1,
      failureThreshold: numberIn(probe, 'failureThreshold') ?? 3,
    },
    maxConcurrentRequestsPerContainer: numberIn(config, 'maxConcurrentRequestsPerContainer') ?? 1,
    maxQueueWaitMs: numberIn(config, 'maxQueueWaitMs') ?? 500,
    numReplicas: numberIn(config, 'numReplicas') ?? null,
    scoringTimeoutMs: numberIn(config, 'scoringTimeoutMs') ?? 60_000,
    deploymentStatus: null,
    isDefault: null,
    trafficPercentile: null,
    versionType: null,
  };
}

function aciJson({ deploymentConfig: config }: ServiceRecord): JsonObject {
  const resources = objectIn(config, 'containerResourceRequirements');
  return {
    containerResourceRequirements: {
      cpu: numberIn(resources, 'cpu') ?? 0.1,
      memoryInGB: numberIn(resources, 'memoryInGB') ?? 0.5,
    },
    location: textIn(config, 'location') ?? null,
    authEnabled: booleanIn(config, 'authEnabled') ?? false,
    sslEnabled: booleanIn(config, 'sslEnabled') ?? false,
    appInsightsEnabled: booleanIn(config, 'appInsightsEnabled') ?? false,
    sslCertificate: null,
    sslKey: null,
    cname: textIn(config, 'cname') ?? null,
    publicIp: null,
    publicFqdn: null,
    encryptionProperties: null,
    vnetConfiguration: null,
  };
}
