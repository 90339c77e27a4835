import { DEFAULT_REQUEST_SETTINGS, type DeploymentStatus } from '../../azureml/index.ts';
import type { JsonObject } from '../../workspace/index.ts';
import { resourceId } from '../resource-id.ts';
import { systemData } from '../system-data.ts';
import { isoDuration } from './iso-duration.ts';
import type { DeploymentParams } from './params.ts';
import { given } from './request-document.ts';
import { pascalCase } from './word-case.ts';

const DEFAULT_PROBE = {
  failureThreshold: 30,
  successThreshold: 1,
  timeout: 'PT2S',
  period: 'PT10S',
  initialDelay: 'PT10S',
};

/** A deployment as ARM answers it: what was put, with what the service fills in. */
export function deploymentResource(
  params: DeploymentParams,
  { deployment, provisioningState }: DeploymentStatus,
): JsonObject {
  const { name, definition, createdTime, updatedTime } = deployment;
  const isOnKubernetes = definition.type === 'kubernetes';
  const capacity = numberOf(definition.instance_count) ?? 1;
  return {
    id: resourceId(params, 'onlineEndpoints', params.endpoint, 'deployments', name),
    name,
    type: 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments',
    location: 'local',
    kind: isOnKubernetes ? 'K8S' : 'Managed',
    sku: { name: 'Default', tier: 'Standard', capacity },
    tags: objectOf(definition.tags) ?? {},
    properties: given({
      endpointComputeType: isOnKubernetes ? 'Kubernetes' : 'Managed',
      ...references(params, { deployment, provisioningState }),
      description: definition.description,
      properties: objectOf(definition.properties) ?? {},
      environmentVariables: objectOf(definition.environment_variables) ?? {},
      appInsightsEnabled: definition.app_insights_enabled ?? false,
      instanceType: definition.instance_type,
      modelMountPath: definition.model_mount_path,
      egressPublicNetworkAccess: isOnKubernetes ? undefined : access(definition.egress_public_network_access),
      requestSettings: requestSettings(objectOf(definition.request_settings)),
      livenessProbe: probe(objectOf(definition.liveness_probe)),
      readinessProbe: probe(objectOf(definition.readiness_probe)),
      scaleSettings: scaleSettings(objectOf(definition.scale_settings)),
      dataCollector: dataCollector(objectOf(definition.data_collector)),
      ...(isOnKubernetes && { containerResourceRequirements: resources(objectOf(definition.resources)) }),
      provisioningState,
    }),
    systemData: systemData(createdTime, updatedTime),
  };
}

/** Ids of model, code and environment. A deployment of az has the paths of its files instead of the latter two. */
function references(params: DeploymentParams, { deployment }: DeploymentStatus): JsonObject {
  const { definition, modelId, resourceIds } = deployment;
  const [, modelName, modelVersion] = /^(.+):(.+)$/.exec(modelId ?? '') ?? [];
  const code = objectOf(definition.code_configuration);
  const { environment } = definition;
  const [, name, version] =
    /^azureml:([^:@/]+):(.+)$/.exec(typeof environment === 'string' ? environment : '') ?? [];
  const byName =
    name === undefined ? undefined : resourceId(params, 'environments', name, 'versions', version ?? '1');
  return {
    ...(modelName !== undefined && {
      model: resourceId(params, 'models', modelName, 'versions', modelVersion ?? '1'),
    }),
    ...(code && {
      codeConfiguration: { codeId: resourceIds?.code ?? code.code, scoringScript: code.scoring_script },
    }),
    environmentId:
      resourceIds?.environment ?? byName ?? (typeof environment === 'string' ? environment : undefined),
  };
}

function requestSettings(settings: JsonObject = {}): JsonObject {
  const {
    max_concurrent_requests_per_instance: concurrent,
    max_queue_wait_ms: wait,
    request_timeout_ms: timeout,
  } = { ...DEFAULT_REQUEST_SETTINGS, ...settings };
  return {
    maxConcurrentRequestsPerInstance: concurrent,
    maxQueueWait: isoDuration(Number(wait)),
    requestTimeout: isoDuration(Number(timeout)),
  };
}

function probe(settings: JsonObject = {}): JsonObject {
  const seconds = (member: string) => {
    const value = numberOf(settings[member]);
    return value === undefined ? undefined : isoDuration(value * 1_000);
  };
  return {
    ...DEFAULT_PROBE,
    ...given({
      failureThreshold: settings.failure_threshold,
      successThreshold: settings.success_threshold,
      timeout: seconds('timeout'),
      period: seconds('period'),
      initialDelay: seconds('initial_delay'),
    }),
  };
}

function scaleSettings(settings: JsonObject = {}): JsonObject {
  if (settings.type !== 'target_utilization') return { scaleType: 'Default' };
  const interval = numberOf(settings.polling_interval);
  return given({
    scaleType: 'TargetUtilization',
    minInstances: settings.min_instances,
    maxInstances: settings.max_instances,
    pollingInterval: interval === undefined ? undefined : isoDuration(interval * 1_000),
    targetUtilizationPercentage: settings.target_utilization_percentage,
  });
}

function dataCollector(collector: JsonObject | undefined): JsonObject | undefined {
  if (!collector) return undefined;
  const collections = Object.entries(objectOf(collector.collections) ?? {}).map(([name, settings]) => {
    const { enabled, data, client_id: clientId } = objectOf(settings) ?? {};
    return [
      name,
      given({
        dataCollectionMode: String(enabled).toLowerCase() === 'true' ? 'Enabled' : 'Disabled',
        dataId: data,
        clientId,
        samplingRate: collector.sampling_rate,
      }),
    ];
  });
  const logging = objectOf(collector.request_logging);
  return given({
    collections: Object.fromEntries(collections),
    rollingRate: collector.rolling_rate,
    requestLogging: logging && { captureHeaders: logging.capture_headers },
  });
}

function resources(requirements: JsonObject = {}): JsonObject {
  const part = (settings: JsonObject | undefined) =>
    settings && given({ cpu: settings.cpu, memory: settings.memory, gpu: settings['nvidia.com/gpu'] });
  return given({
    containerResourceRequests: part(objectOf(requirements.requests)),
    containerResourceLimits: part(objectOf(requirements.limits)),
  });
}

const access = (word: unknown) => pascalCase(typeof word === 'string' ? word : 'enabled');

function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

const numberOf = (value: unknown) => (typeof value === 'number' ? value : undefined);
