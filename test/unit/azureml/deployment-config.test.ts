import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDeploymentSettings } from '../../../src/azureml/deployment-config.ts';
import { readDocument } from '../../../src/azureml/document.ts';

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'tl-dc-'));
  file = path.join(directory, 'deploymentconfig.json');
});
afterEach(() => rm(directory, { recursive: true }));

async function read(content: unknown, flags: Record<string, unknown> = {}, computeTarget?: string) {
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  return readDeploymentSettings(await readDocument(file, '--deploy-config-file'), flags, computeTarget);
}
const settings = async (...args: Parameters<typeof read>) => (await read(...args)).settings;

describe('a deployment configuration', () => {
  it.each([
    [
      { computeType: 'LOCAL', port: 6789 },
      { computeType: 'Local', port: 6789, authEnabled: false },
    ],
    [{ computeType: 'local', port: 0 }, { port: undefined }],
    [
      { computeType: 'aci' },
      { computeType: 'ACI', authEnabled: false, cloud: { profile: 'none', limits: {} } },
    ],
    [{ computeType: 'aci', authEnabled: true }, { authEnabled: true }],
    [
      { computeType: 'AKS' },
      { computeType: 'AKS', authEnabled: true, cloud: { profile: 'aks', limits: { concurrent: 1 } } },
    ],
    [{ computeType: 'aks', authEnabled: false }, { authEnabled: false }],
    [
      { computeType: 'aks', tokenAuthEnabled: true },
      { authEnabled: false, tokenAuthEnabled: true },
    ],
    [
      { computeType: 'aks', gpuCores: 1, scoringTimeoutMs: 5000 },
      { gpuCores: 1, cloud: { profile: 'aks', limits: { concurrent: 1, timeoutMs: 5000 } } },
    ],
    [
      { computeType: 'aks', maxConcurrentRequestsPerContainer: 2, maxQueueWaitMs: 90, numReplicas: 3 },
      { cloud: { profile: 'aks', limits: { concurrent: 6, waitMs: 90 } } },
    ],
    [
      { computeType: 'aks', keys: { primaryKey: 'p' } },
      { primaryKey: 'p', secondaryKey: undefined },
    ],
    [{ computeType: 'aksendpoint', versionName: 'v1' }, { computeType: 'AKS' }],
  ])('%j', async (config, expected) => {
    expect(await settings(config)).toMatchObject(expected);
  });

  it('is overruled by flags, member by member', async () => {
    const config = { computeType: 'aks', containerResourceRequirements: { cpu: 1, memoryInGB: 4 } };
    const flags = { authEnabled: false, containerResourceRequirements: { cpu: 2 } };
    expect(await settings(config, flags, 'aks-gpu')).toMatchObject({
      authEnabled: false,
      computeName: 'aks-gpu',
      config: { containerResourceRequirements: { cpu: 2, memoryInGB: 4 } },
    });
  });

  it('may be YAML, and JSON with a trailing comma', async () => {
    expect(await settings('computeType: aks\ngpuCores: 2\n')).toMatchObject({ gpuCores: 2 });
    expect(await settings('{\n\t"computeType": "local",\n\t"port": 7000,\n}\n')).toMatchObject({
      port: 7000,
    });
  });

  it('is decided by the target if it is absent', () => {
    expect(readDeploymentSettings(undefined, {}, 'aks-gpu').settings).toMatchObject({ computeType: 'AKS' });
    expect(readDeploymentSettings(undefined, {}, undefined).settings).toMatchObject({ computeType: 'ACI' });
  });

  // The texts are azureml-core 1.61.0's.
  it.each([
    [{}, 'Error parsing --deploy-config-file. Need to specify computeType in --deploy-config-file'],
    [{ computeType: 'fpga' }, 'Error parsing --deploy-config-file. unknown deployment type: fpga'],
    [
      { computeType: 'local', port: 65_536 },
      'Invalid configuration, port must be an integer in range [1, 65535]',
    ],
    [
      { computeType: 'local', port: 1.5 },
      'Invalid configuration, port must be an integer in range [1, 65535]',
    ],
    [
      { computeType: 'aci', containerResourceRequirements: { cpu: 0 } },
      'Invalid configuration, cpu_cores must be positive.',
    ],
    [
      { computeType: 'aks', numReplicas: 0, scoringTimeoutMs: -1 },
      'Invalid configuration, scoring_timeout_ms must be greater than zero.\nInvalid configuration, num_replicas must be greater than zero.',
    ],
    [
      { computeType: 'aks', authEnabled: true, tokenAuthEnabled: true },
      'Invalid configuration, auth_enabled and token_auth_enabled cannot both be true.',
    ],
    [
      { computeType: 'aks', autoScaler: { autoscaleEnabled: true, minReplicas: 5, maxReplicas: 2 } },
      'Invalid configuration, autoscale_min_replicas cannot be greater than autoscale_max_replicas.',
    ],
    [
      { computeType: 'aks', autoScaler: { minReplicas: 5 } },
      'Invalid configuration, autoscale_min_replicas provided without enabling autoscaling.',
    ],
  ])('%j is refused in the words of azureml-core', async (config, message) => {
    await expect(read(config)).rejects.toMatchObject({ message, kind: 'user' });
  });

  it('is refused with the line of a member of the wrong type', async () => {
    await expect(read({ computeType: 'aks', gpuCores: 'one' })).rejects.toMatchObject({
      message: 'gpuCores must be a number, not "one"',
      location: { file, line: 3 },
    });
  });

  it('is refused with line and column if it cannot be read', async () => {
    await expect(read('{\n  "computeType": "aks"\n  "gpuCores": 1\n}')).rejects.toMatchObject({
      code: 'AZUREML_FILE_INVALID',
      location: { file, line: expect.any(Number), column: expect.any(Number) },
    });
    await expect(
      readDocument(path.join(directory, 'none.json'), '--deploy-config-file'),
    ).rejects.toMatchObject({
      code: 'AZUREML_FILE_INVALID',
    });
  });

  it('warns of what Azure ML passes over, with what was meant', async () => {
    const { warnings } = await read({ computeType: 'aks', gpuCore: 1, autoScaler: { minReplica: 1 } });
    expect(warnings).toEqual([
      `${file}:3: "gpuCore" is not read by Azure ML; is "gpuCores" meant?`,
      `${file}:5: "autoScaler.minReplica" is not read by Azure ML; is "minReplicas" meant?`,
    ]);
  });
});
