import { type DeployRequest, type ModelReference, readDocument } from '../../azureml/index.ts';
import { userError } from '../../base/index.ts';
import { detachedEnvironment, homeDirectory } from '../../config/index.ts';
import type { JsonObject } from '../../workspace/index.ts';
import type { AzureFlags } from './flags.ts';

/**
 * The flags that tune a deployment (docs/reference/azureml.md#az-ml-model-deploy), by the member of the deployment
 * configuration that each sets.
 */
const TUNING = {
  texts: {
    computeType: ['computeType'],
    namespace: ['namespace'],
    dnsNameLabel: ['dnsNameLabel'],
    location: ['location'],
    sslCname: ['cname'],
    primaryKey: ['keys', 'primaryKey'],
    secondaryKey: ['keys', 'secondaryKey'],
    vaultBaseUrl: ['vaultBaseUrl'],
    keyName: ['keyName'],
    keyVersion: ['keyVersion'],
    vnetName: ['vnetName'],
    subnetName: ['subnetName'],
  },
  numbers: {
    port: ['port'],
    cpuCores: ['containerResourceRequirements', 'cpu'],
    cpuCoresLimit: ['containerResourceRequirements', 'cpuLimit'],
    memoryGb: ['containerResourceRequirements', 'memoryInGB'],
    memoryGbLimit: ['containerResourceRequirements', 'memoryInGBLimit'],
    gpuCores: ['gpuCores'],
    numReplicas: ['numReplicas'],
    autoscaleMinReplicas: ['autoScaler', 'minReplicas'],
    autoscaleMaxReplicas: ['autoScaler', 'maxReplicas'],
    autoscaleRefreshSeconds: ['autoScaler', 'refreshPeriodInSeconds'],
    autoscaleTargetUtilization: ['autoScaler', 'targetUtilization'],
    replicaMaxConcurrentRequests: ['maxConcurrentRequestsPerContainer'],
    maxRequestWaitTime: ['maxQueueWaitMs'],
    scoringTimeoutMs: ['scoringTimeoutMs'],
    periodSeconds: ['livenessProbeRequirements', 'periodSeconds'],
    initialDelaySeconds: ['livenessProbeRequirements', 'initialDelaySeconds'],
    timeoutSeconds: ['livenessProbeRequirements', 'timeoutSeconds'],
    successThreshold: ['livenessProbeRequirements', 'successThreshold'],
    failureThreshold: ['livenessProbeRequirements', 'failureThreshold'],
  },
  booleans: {
    autoscaleEnabled: ['autoScaler', 'autoscaleEnabled'],
    authEnabled: ['authEnabled'],
    tokenAuthEnabled: ['tokenAuthEnabled'],
    enableAppInsights: ['appInsightsEnabled'],
    collectModelData: ['dataCollection', 'storageEnabled'],
    sslEnabled: ['sslEnabled'],
  },
} as const;

/** The members of the deployment configuration that were given as flags. */
export function deploymentFlags(flags: AzureFlags): JsonObject {
  const config: Record<string, unknown> = {};
  const put = (path: readonly string[], value: unknown) => {
    if (value === undefined) return;
    const [name = '', inner] = path;
    if (inner === undefined) config[name] = value;
    else config[name] = { ...Object(config[name]), [inner]: value };
  };
  for (const [flag, path] of Object.entries(TUNING.texts)) put(path, flags.text(flag));
  for (const [flag, path] of Object.entries(TUNING.numbers)) put(path, flags.number(flag));
  for (const [flag, path] of Object.entries(TUNING.booleans)) put(path, flags.yesNo(flag));
  return config;
}

/** The members of the inference configuration that were given as flags. */
function inferenceFlags(flags: AzureFlags): JsonObject {
  const registry = flags.text('baseImageRegistry');
  const given = {
    entryScript: flags.text('entryScript'),
    sourceDirectory: flags.text('sourceDirectory'),
    runtime: flags.text('runtime'),
    condaFile: flags.text('condaFile'),
    extraDockerfileSteps: flags.text('extraDockerFileSteps'),
    enableGpu: flags.yesNo('enableGpu'),
    cudaVersion: flags.text('cudaVersion'),
    baseImage: flags.text('baseImage'),
    baseImageRegistry: registry === undefined ? undefined : { address: registry },
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** What a deployment's flags ask for; the files that they name are read. */
export async function deployRequest(flags: AzureFlags, name: string): Promise<DeployRequest> {
  const inference = flags.text('inferenceConfigFile');
  const deployment = flags.text('deployConfigFile');
  return {
    name,
    models: await modelReferences(flags),
    inferenceConfig:
      inference === undefined ? undefined : await readDocument(inference, '--inference-config-file'),
    inferenceFlags: inferenceFlags(flags),
    environmentName: flags.text('environmentName'),
    environmentVersion: flags.text('environmentVersion'),
    environmentDirectory: flags.text('environmentDirectory'),
    deploymentConfig:
      deployment === undefined ? undefined : await readDocument(deployment, '--deploy-config-file'),
    deploymentFlags: deploymentFlags(flags),
    computeTarget: flags.text('computeTarget'),
    overwrite: flags.yesNo('overwrite') ?? false,
    description: flags.text('description') ?? null,
    tags: flags.labels('tag'),
    properties: flags.labels('property'),
  };
}

/** `-m NAME:VERSION`, and the files that `model register -t` wrote. */
async function modelReferences(flags: AzureFlags): Promise<ModelReference[]> {
  const references: ModelReference[] = flags.texts('model').map((id) => ({ id }));
  for (const file of flags.texts('modelMetadataFile')) {
    const document = await readDocument(file, '--model-metadata-file');
    const { modelId } = document.value;
    if (typeof modelId !== 'string') {
      throw userError('AZUREML_FILE_INVALID', 'a model metadata file has the member "modelId"', {
        location: { file, line: 1 },
      });
    }
    references.push({ id: modelId });
  }
  return references;
}

/** This program, as the one that serves. */
export function serviceHost() {
  const [, program = ''] = process.argv;
  return {
    command: [process.execPath, program],
    environment: detachedEnvironment(),
    home: homeDirectory(),
  };
}
