import { ownValue, userError } from '../base/index.ts';
import type { ComputeType, JsonObject } from '../workspace/index.ts';
import { aksLimits, type CloudLimits, NO_LIMITS } from './cloud-limits.ts';
import { booleanIn, type Document, numberIn, objectIn, textIn } from './document.ts';
import { refusal } from './refusal.ts';
import { checkShape, type Shape } from './schema-check.ts';

/** What a deployment asks for, whichever way it was said: file, flags or both. */
export interface DeploymentSettings {
  readonly computeType: ComputeType;
  readonly computeName: string | null;
  /** The configuration in Azure ML's own words, with the flags laid over it; kept and shown with the service. */
  readonly config: JsonObject;
  /** The port that was asked for; only a local service may ask. */
  readonly port: number | undefined;
  readonly authEnabled: boolean;
  readonly tokenAuthEnabled: boolean;
  readonly primaryKey: string | undefined;
  readonly secondaryKey: string | undefined;
  readonly gpuCores: number;
  readonly cloud: CloudLimits;
}

const RESOURCES = { cpu: 'number', memoryInGB: 'number' } as const;
const KEYS = { primaryKey: 'text', secondaryKey: 'text' } as const;
const AKS: { readonly [name: string]: Shape } = {
  computeType: 'text',
  autoScaler: {
    autoscaleEnabled: 'boolean',
    minReplicas: 'number',
    maxReplicas: 'number',
    refreshPeriodInSeconds: 'number',
    targetUtilization: 'number',
  },
  dataCollection: { storageEnabled: 'boolean' },
  authEnabled: 'boolean',
  tokenAuthEnabled: 'boolean',
  containerResourceRequirements: { ...RESOURCES, cpuLimit: 'number', memoryInGBLimit: 'number' },
  gpuCores: 'number',
  appInsightsEnabled: 'boolean',
  scoringTimeoutMs: 'number',
  maxConcurrentRequestsPerContainer: 'number',
  maxQueueWaitMs: 'number',
  numReplicas: 'number',
  keys: KEYS,
  livenessProbeRequirements: {
    periodSeconds: 'number',
    initialDelaySeconds: 'number',
    timeoutSeconds: 'number',
    successThreshold: 'number',
    failureThreshold: 'number',
  },
  namespace: 'text',
  computeTargetName: 'text',
};
/** What is read for each `computeType` (docs/reference/azureml.md#deployment-configuration). */
const SHAPES: Readonly<Record<string, { readonly [name: string]: Shape }>> = {
  local: { computeType: 'text', port: 'number' },
  aci: {
    computeType: 'text',
    containerResourceRequirements: RESOURCES,
    location: 'text',
    authEnabled: 'boolean',
    sslEnabled: 'boolean',
    appInsightsEnabled: 'boolean',
    dataCollection: { storageEnabled: 'boolean' },
    sslCertificate: 'text',
    sslKey: 'text',
    cname: 'text',
    dnsNameLabel: 'text',
    vaultBaseUrl: 'text',
    keyName: 'text',
    keyVersion: 'text',
    vnetName: 'text',
    subnetName: 'text',
    keys: KEYS,
  },
  aks: AKS,
  aksendpoint: { ...AKS, versionName: 'text', trafficPercentile: 'number' },
};
const TYPES: Readonly<Record<string, ComputeType>> = {
  local: 'Local',
  aci: 'ACI',
  aks: 'AKS',
  aksendpoint: 'AKS',
};

/**
 * What a deployment asks for.
 * @param document the deployment configuration; without one the compute target or type decides.
 * @param flags the same members as given on the command line; they win over the file.
 * @throws AZUREML_REFUSED in Azure ML's words, before anything is started.
 */
export function readDeploymentSettings(
  document: Document | undefined,
  flags: JsonObject,
  computeTarget: string | undefined,
): { readonly settings: DeploymentSettings; readonly warnings: readonly string[] } {
  const type = computeTypeOf(document, flags, computeTarget);
  const warnings = document ? checkShape(document, ownValue(SHAPES, type) ?? {}) : [];
  const config = merge(document?.value ?? {}, { ...flags, computeType: type });
  const computeType = ownValue(TYPES, type) ?? 'Local';
  if (computeType === 'AKS') checkAks(config);
  if (computeType === 'ACI') checkAci(config);
  const port = computeType === 'Local' ? checkedPort(config) : undefined;
  const keys = objectIn(config, 'keys');
  const tokenAuthEnabled = booleanIn(config, 'tokenAuthEnabled') ?? false;
  const isAks = computeType === 'AKS';
  return {
    warnings,
    settings: {
      computeType,
      computeName: isAks ? (computeTarget ?? textIn(config, 'computeTargetName') ?? null) : null,
      config,
      port,
      authEnabled:
        computeType !== 'Local' && (booleanIn(config, 'authEnabled') ?? (isAks && !tokenAuthEnabled)),
      tokenAuthEnabled,
      primaryKey: textIn(keys, 'primaryKey'),
      secondaryKey: textIn(keys, 'secondaryKey'),
      gpuCores: numberIn(config, 'gpuCores') ?? 0,
      cloud: isAks ? aksLimits(config) : NO_LIMITS,
    },
  };
}

function computeTypeOf(
  document: Document | undefined,
  flags: JsonObject,
  computeTarget: string | undefined,
): string {
  const given = flags.computeType ?? document?.value.computeType;
  if (document && given === undefined) {
    throw refusal('Error parsing --deploy-config-file. Need to specify computeType in --deploy-config-file', {
      hint: `"computeType": one of ${Object.keys(SHAPES).join(', ')}`,
      location: { file: document.file },
    });
  }
  // As in the cloud: a compute target is a cluster, and where there is none it is a container instance.
  const type =
    given === undefined ? (computeTarget === undefined ? 'aci' : 'aks') : String(given).toLowerCase();
  if (Object.hasOwn(SHAPES, type)) return type;
  throw refusal(`Error parsing --deploy-config-file. unknown deployment type: ${type}`, {
    hint: `it may be one of ${Object.keys(SHAPES).join(', ')}`,
    ...(document && { location: document.locate('computeType') }),
  });
}

/** Members of `over` win; objects are merged. */
export function merge(under: JsonObject, over: JsonObject): JsonObject {
  const members = Object.entries(over).map(([name, member]) => {
    const [below, above] = [objectIn(under, name), objectIn(over, name)];
    return [name, below && above ? merge(below, above) : member] as const;
  });
  return { ...under, ...Object.fromEntries(members) };
}

function checkedPort(config: JsonObject): number | undefined {
  const { port } = config;
  // azureml-core takes 0 for none.
  if (port === undefined || port === null || port === 0) return undefined;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535)
    throw refusal('Invalid configuration, port must be an integer in range [1, 65535]');
  return port;
}

function checkAci(config: JsonObject): void {
  const resources = objectIn(config, 'containerResourceRequirements');
  if ((numberIn(resources, 'cpu') ?? 1) <= 0)
    throw refusal('Invalid configuration, cpu_cores must be positive.');
  if ((numberIn(resources, 'memoryInGB') ?? 1) <= 0)
    throw refusal('Invalid configuration, memory_gb must be positive.');
}

/** The rules of azureml-core's AksServiceDeploymentConfiguration, all that are broken in one message. */
function checkAks(config: JsonObject): void {
  const faults: string[] = [];
  const resources = objectIn(config, 'containerResourceRequirements');
  const probe = objectIn(config, 'livenessProbeRequirements');
  const scaler = objectIn(config, 'autoScaler');
  const positive = (value: number | undefined, name: string) => {
    if (value !== undefined && value <= 0) faults.push(`${name} must be greater than zero.`);
  };
  const [cpu, cpuLimit] = [numberIn(resources, 'cpu'), numberIn(resources, 'cpuLimit')];
  const [memory, memoryLimit] = [numberIn(resources, 'memoryInGB'), numberIn(resources, 'memoryInGBLimit')];
  positive(cpu, 'cpu_cores');
  if (cpu !== undefined && cpuLimit !== undefined && cpuLimit < cpu)
    faults.push('cpu_cores_limit must be greater than or equal to cpu_cores.');
  positive(memory, 'memory_gb');
  if (memory !== undefined && memoryLimit !== undefined && memoryLimit < memory)
    faults.push('memory_gb_limit must be greater than or equal to memory_gb.');
  if ((numberIn(config, 'gpuCores') ?? 0) < 0)
    faults.push('gpu_cores must be greater than or equal to zero.');
  positive(numberIn(probe, 'periodSeconds'), 'period_seconds');
  positive(numberIn(probe, 'initialDelaySeconds'), 'initial_delay_seconds');
  positive(numberIn(probe, 'timeoutSeconds'), 'timeout_seconds');
  positive(numberIn(probe, 'successThreshold'), 'success_threshold');
  positive(numberIn(probe, 'failureThreshold'), 'failure_threshold');
  const namespace = textIn(config, 'namespace');
  if (namespace !== undefined && !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace)) {
    faults.push(
      'namespace must be a valid Kubernetes namespace. Regex for validation is ^[a-z0-9]([a-z0-9-]{,61}[a-z0-9])?$',
    );
  }
  positive(numberIn(config, 'scoringTimeoutMs'), 'scoring_timeout_ms');
  positive(numberIn(config, 'maxConcurrentRequestsPerContainer'), 'replica_max_concurrent_requests');
  positive(numberIn(config, 'maxQueueWaitMs'), 'max_request_wait_time');
  positive(numberIn(config, 'numReplicas'), 'num_replicas');
  faults.push(...scalerFaults(scaler, numberIn(config, 'numReplicas')));
  if (booleanIn(config, 'tokenAuthEnabled') && booleanIn(config, 'authEnabled'))
    faults.push('auth_enabled and token_auth_enabled cannot both be true.');
  if (faults.length === 0) return;
  throw userError('AZUREML_REFUSED', faults.map((fault) => `Invalid configuration, ${fault}`).join('\n'));
}

function scalerFaults(scaler: JsonObject | undefined, replicas: number | undefined): string[] {
  const isEnabled = booleanIn(scaler, 'autoscaleEnabled');
  const values = [
    ['autoscale_min_replicas', numberIn(scaler, 'minReplicas')],
    ['autoscale_max_replicas', numberIn(scaler, 'maxReplicas')],
    ['autoscale_refresh_seconds', numberIn(scaler, 'refreshPeriodInSeconds')],
    ['autoscale_target_utilization', numberIn(scaler, 'targetUtilization')],
  ] as const;
  if (!isEnabled) {
    const faults = values.flatMap(([name, value]) =>
      value ? [`${name} provided without enabling autoscaling.`] : [],
    );
    if (isEnabled === false && !replicas) faults.unshift('autoscale disabled but num_replicas not provided.');
    return faults;
  }
  const faults = values.flatMap(([name, value]) =>
    value !== undefined && value <= 0 ? [`${name} must be greater than zero.`] : [],
  );
  const [[, least], [, most]] = values;
  if (least && most && least > most)
    faults.push('autoscale_min_replicas cannot be greater than autoscale_max_replicas.');
  if (replicas) faults.unshift('autoscale enabled and num_replicas provided.');
  return faults;
}
