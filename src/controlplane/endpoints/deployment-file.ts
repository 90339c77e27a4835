import type { JsonObject } from '../../workspace/index.ts';
import { ArmError } from '../arm-error.ts';
import { assetOf } from '../resource-id.ts';
import { durationMs } from './iso-duration.ts';
import { given } from './request-document.ts';

interface ProbeBody {
  readonly failureThreshold?: number | null;
  readonly successThreshold?: number | null;
  readonly timeout?: string | null;
  readonly period?: string | null;
  readonly initialDelay?: string | null;
}

interface ResourcesBody {
  readonly cpu?: string | null;
  readonly memory?: string | null;
  readonly gpu?: string | null;
}

/** The body of `PUT deployments/NAME`, as far as it means something here. */
export interface DeploymentBody {
  readonly tags?: JsonObject | null;
  readonly sku?: { readonly capacity?: number | null } | null;
  readonly properties: {
    readonly endpointComputeType?: string | null;
    readonly model?: string | null;
    readonly codeConfiguration?: { readonly codeId?: string | null; readonly scoringScript: string } | null;
    readonly environmentId?: string | null;
    readonly environmentVariables?: JsonObject | null;
    readonly description?: string | null;
    readonly properties?: JsonObject | null;
    readonly appInsightsEnabled?: boolean | null;
    readonly instanceType?: string | null;
    readonly modelMountPath?: string | null;
    readonly egressPublicNetworkAccess?: string | null;
    readonly requestSettings?: {
      readonly maxConcurrentRequestsPerInstance?: number | null;
      readonly maxQueueWait?: string | null;
      readonly requestTimeout?: string | null;
    } | null;
    readonly livenessProbe?: ProbeBody | null;
    readonly readinessProbe?: ProbeBody | null;
    readonly scaleSettings?: {
      readonly scaleType?: string | null;
      readonly minInstances?: number | null;
      readonly maxInstances?: number | null;
      readonly pollingInterval?: string | null;
      readonly targetUtilizationPercentage?: number | null;
    } | null;
    readonly dataCollector?: {
      readonly collections?: Readonly<Record<string, CollectionBody>> | null;
      readonly rollingRate?: string | null;
      readonly requestLogging?: { readonly captureHeaders?: readonly string[] | null } | null;
    } | null;
    readonly containerResourceRequirements?: {
      readonly containerResourceRequests?: ResourcesBody | null;
      readonly containerResourceLimits?: ResourcesBody | null;
    } | null;
  };
}

interface CollectionBody {
  readonly dataCollectionMode?: string | null;
  readonly dataId?: string | null;
  readonly clientId?: string | null;
  readonly samplingRate?: number | null;
}

const text = { type: 'string', nullable: true } as const;
const texts = { type: 'object', nullable: true } as const;
const integer = { type: 'integer', nullable: true } as const;
const object = <Members extends object>(properties: Members) =>
  ({ type: 'object', nullable: true, properties }) as const;

const probe = object({
  failureThreshold: integer,
  successThreshold: integer,
  timeout: text,
  period: text,
  initialDelay: text,
});
const resources = object({ cpu: text, memory: text, gpu: text });

export const deploymentBody = {
  type: 'object',
  required: ['properties'],
  properties: {
    location: text,
    tags: texts,
    sku: object({ name: text, capacity: integer }),
    properties: {
      type: 'object',
      properties: {
        endpointComputeType: text,
        model: text,
        codeConfiguration: {
          ...object({ codeId: text, scoringScript: { type: 'string' } }),
          required: ['scoringScript'],
        },
        environmentId: text,
        environmentVariables: texts,
        description: text,
        properties: texts,
        appInsightsEnabled: { type: 'boolean', nullable: true },
        instanceType: text,
        modelMountPath: text,
        egressPublicNetworkAccess: text,
        requestSettings: object({
          maxConcurrentRequestsPerInstance: integer,
          maxQueueWait: text,
          requestTimeout: text,
        }),
        livenessProbe: probe,
        readinessProbe: probe,
        scaleSettings: object({
          scaleType: text,
          minInstances: integer,
          maxInstances: integer,
          pollingInterval: text,
          targetUtilizationPercentage: integer,
        }),
        dataCollector: object({
          collections: {
            type: 'object',
            nullable: true,
            additionalProperties: {
              type: 'object',
              properties: {
                dataCollectionMode: text,
                dataId: text,
                clientId: text,
                samplingRate: { type: 'number', nullable: true },
              },
            },
          },
          rollingRate: text,
          requestLogging: object({
            captureHeaders: { type: 'array', nullable: true, items: { type: 'string' } },
          }),
        }),
        containerResourceRequirements: object({
          containerResourceRequests: resources,
          containerResourceLimits: resources,
        }),
      },
    },
  },
} as const;

/** What Azure takes if none is given. */
const DEFAULT_INSTANCE_TYPE = 'Standard_F4s_v2';

/** Names from the URL, and what the body's ids mean on this machine. */
export interface DeploymentPlace {
  readonly endpoint: string;
  readonly name: string;
  /** The folder of the code; undefined without code. */
  readonly codeDirectory: string | undefined;
}

/** A deployment as a file of az defines it. @throws ArmError 400 */
export function deploymentFile(
  { endpoint, name, codeDirectory }: DeploymentPlace,
  { properties, sku, tags }: DeploymentBody,
): JsonObject {
  const isOnKubernetes = properties.endpointComputeType?.toLowerCase() === 'kubernetes';
  return given({
    name,
    endpoint_name: endpoint,
    type: isOnKubernetes ? 'kubernetes' : 'managed',
    description: properties.description,
    tags: tags ?? {},
    properties: properties.properties ?? {},
    model: properties.model && modelReference(properties.model),
    code_configuration: properties.codeConfiguration && {
      code: codeDirectory,
      scoring_script: properties.codeConfiguration.scoringScript,
    },
    environment: properties.environmentId && environmentReference(properties.environmentId),
    environment_variables: properties.environmentVariables ?? {},
    app_insights_enabled: properties.appInsightsEnabled,
    instance_type: properties.instanceType ?? (isOnKubernetes ? undefined : DEFAULT_INSTANCE_TYPE),
    instance_count: sku?.capacity,
    model_mount_path: properties.modelMountPath,
    egress_public_network_access: properties.egressPublicNetworkAccess?.toLowerCase(),
    request_settings: requestSettings(properties.requestSettings),
    liveness_probe: probeSettings(properties.livenessProbe, 'livenessProbe'),
    readiness_probe: probeSettings(properties.readinessProbe, 'readinessProbe'),
    scale_settings: scaleSettings(properties.scaleSettings),
    data_collector: dataCollector(properties.dataCollector),
    resources: resourceSettings(properties.containerResourceRequirements),
  });
}

/** `azureml:NAME:VERSION` of a model in the workspace; a model of a registry is refused by its name. */
function modelReference(id: string): string {
  if (id.startsWith('azureml://registries/'))
    throw new ArmError(
      400,
      'BadArgument',
      `The model ${id} is in a registry of Azure, which cannot be reached from here. Download it, and register it in this workspace.`,
    );
  const model = assetOf(id.replace(/^azureml:(?=\/)/, ''), 'models');
  if (model) return `azureml:${model.name}:${model.version}`;
  if (/^azureml:[^/]+$/.test(id)) return id;
  throw new ArmError(400, 'BadArgument', `model: "${id}" is not the id of a model.`);
}

/** The SDK passes the names of curated environments and of registries on as they are. */
function environmentReference(id: string): string {
  const environment = assetOf(id.replace(/^azureml:(?=\/)/, ''), 'environments');
  if (environment) return `azureml:${environment.name}:${environment.version}`;
  if (id.startsWith('azureml:')) return id;
  throw new ArmError(400, 'BadArgument', `environmentId: "${id}" is not the id of an environment.`);
}

function requestSettings(settings: DeploymentBody['properties']['requestSettings']): JsonObject | undefined {
  if (!settings) return undefined;
  const { maxConcurrentRequestsPerInstance, maxQueueWait, requestTimeout } = settings;
  return given({
    max_concurrent_requests_per_instance: maxConcurrentRequestsPerInstance,
    max_queue_wait_ms: maxQueueWait && durationMs(maxQueueWait, 'requestSettings.maxQueueWait'),
    request_timeout_ms: requestTimeout && durationMs(requestTimeout, 'requestSettings.requestTimeout'),
  });
}

function probeSettings(settings: ProbeBody | null | undefined, member: string): JsonObject | undefined {
  if (!settings) return undefined;
  const seconds = (name: 'timeout' | 'period' | 'initialDelay') => {
    const duration = settings[name];
    return duration ? Math.round(durationMs(duration, `${member}.${name}`) / 1_000) : undefined;
  };
  return given({
    failure_threshold: settings.failureThreshold,
    success_threshold: settings.successThreshold,
    timeout: seconds('timeout'),
    period: seconds('period'),
    initial_delay: seconds('initialDelay'),
  });
}

function scaleSettings(settings: DeploymentBody['properties']['scaleSettings']): JsonObject | undefined {
  if (!settings) return undefined;
  const { scaleType, pollingInterval } = settings;
  if (scaleType?.toLowerCase() !== 'targetutilization') return { type: 'default' };
  return given({
    type: 'target_utilization',
    min_instances: settings.minInstances,
    max_instances: settings.maxInstances,
    polling_interval:
      pollingInterval && Math.round(durationMs(pollingInterval, 'scaleSettings.pollingInterval') / 1_000),
    target_utilization_percentage: settings.targetUtilizationPercentage,
  });
}

function dataCollector(collector: DeploymentBody['properties']['dataCollector']): JsonObject | undefined {
  if (!collector) return undefined;
  const bodies = Object.entries(collector.collections ?? {});
  const collections = bodies.map(([name, { dataCollectionMode, dataId, clientId }]) => [
    name,
    given({
      enabled: dataCollectionMode?.toLowerCase() === 'enabled' ? 'true' : 'false',
      data: dataId,
      client_id: clientId,
    }),
  ]);
  // In a file, all collections share one rate.
  const rate = bodies.map(([, { samplingRate }]) => samplingRate).find((it) => it != null);
  return given({
    collections: Object.fromEntries(collections),
    sampling_rate: rate,
    rolling_rate: collector.rollingRate?.toLowerCase(),
    request_logging: collector.requestLogging && {
      capture_headers: collector.requestLogging.captureHeaders ?? [],
    },
  });
}

function resourceSettings(
  requirements: DeploymentBody['properties']['containerResourceRequirements'],
): JsonObject | undefined {
  if (!requirements) return undefined;
  const part = (settings: ResourcesBody | null | undefined) =>
    settings && given({ cpu: settings.cpu, memory: settings.memory, 'nvidia.com/gpu': settings.gpu });
  const { containerResourceRequests, containerResourceLimits } = requirements;
  return given({ requests: part(containerResourceRequests), limits: part(containerResourceLimits) });
}
