import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readYaml } from '../../../../src/azureml/document.ts';
import { checkDeployment, checkEndpoint } from '../../../../src/azureml/online-schema.ts';
import type { JsonObject } from '../../../../src/workspace/index.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'tl-yaml-'));
});
afterEach(() => rm(directory, { recursive: true }));

const BLUE = 'name: blue\nendpoint_name: abc\ninstance_type: Standard_DS3_v2\n';
const CHECKS = { endpoint: checkEndpoint, deployment: checkDeployment };

async function check(kind: keyof typeof CHECKS, text: string): Promise<JsonObject> {
  const file = path.join(directory, 'x.yml');
  await writeFile(file, text);
  const document = await readYaml(file, '--file');
  return CHECKS[kind](document.value, document);
}

// The texts, and what is taken, are those of azure-ai-ml 1.35's load_online_endpoint and load_online_deployment.
describe('a file of v2', () => {
  it.each([
    ['auth_mode: key', 'name: Missing data for required field.', 1],
    [
      'name: abc\nauth_mode: none',
      "auth_mode: Value 'none' passed is not in set ['aml_token', 'key', 'aad_token']",
      2,
    ],
    ['name: a_b', 'name: String does not match expected pattern.', 1],
    ['name: abc\ntraffic:\n  blue: many', 'traffic.blue: Not a valid integer.', 3],
    ['name: abc\ntraffic: {a: 60, b: 60}', 'traffic: Traffic rule percentages must sum to', 2],
    ['name: abc\nidentity:\n  type: both', "identity.type: Value 'both' passed is not in set", 3],
    ['name: abc\nconstructor: 1', 'constructor: Unknown field.', 2],
  ])('of an endpoint with %j is refused', async (text, message, line) => {
    await expect(check('endpoint', text)).rejects.toMatchObject({
      message: expect.stringContaining(message),
      location: { line },
    });
  });

  it.each([
    ['model:\n  path: m\n  local_path: x', 'model.local_path: Unknown field.', 6],
    [
      'model: {path: m, type: onnx}',
      "model.type: Value 'onnx' passed is not in set ['custom_model', 'mlflow_model', 'triton_model']",
      4,
    ],
    ['model: {path: m, version: 1}', 'model: If version is specified, name must be specified also.', 4],
    [
      'scale_settings:\n  type: manual',
      "scale_settings.type: Value 'manual' passed is not in set ['default']",
      5,
    ],
    [
      'scale_settings: {type: target_utilization}',
      'ManagedOnlineEndpoint supports DefaultScaleSettings only.',
      4,
    ],
    ['resources: {requests: {cpu: 1}}', 'resources: Unknown field.', 4],
    [
      'data_collector:\n  collections: {a: {enabled: "true"}}\n  rolling_rate: weekly',
      'data_collector.rolling_rate: Value',
      6,
    ],
    ['instance_count:', 'instance_count: Field may not be null.', 4],
    ['$schema:', '$schema: Unknown field.', 4],
    [
      'environment: my-env',
      'environment._schema: In order to specify an existing environments, please provide',
      4,
    ],
    ['code_configuration:\n  code: src', "scoring script can't be empty", 4],
    ['environment: {image: x, conda_file: none.yml}', 'environment: No such file or directory: ', 4],
  ])('of a deployment with %j is refused', async (members, message, line) => {
    await expect(check('deployment', `${BLUE}${members}\n`)).rejects.toMatchObject({
      message: expect.stringContaining(message),
      location: { line },
    });
  });

  it('with several faults is refused with all of them, each with its line', async () => {
    const text =
      'endpoint_name: abc\nmodel:\n  path: m\n  local_path: x\nprobe: 1\nliveness_probe:\n  period: soon\n';
    const file = path.join(directory, 'x.yml');
    await expect(check('deployment', text)).rejects.toMatchObject({
      message: [
        `name: Missing data for required field. (${file}:1)`,
        `model.local_path: Unknown field. (${file}:4)`,
        `liveness_probe.period: Not a valid integer. (${file}:7)`,
        `instance_type: Missing data for required field. (${file}:1)`,
        `probe: Unknown field. (${file}:5)`,
      ].join('\n'),
    });
  });

  it.each([
    ['auth_mode: AMLToken', { auth_mode: 'aml_token' }],
    ['traffic: {blue: "90", green: 9.9}', { traffic: { blue: 90, green: 9 } }],
    ['compute: azureml:cluster', { compute: 'azureml:cluster' }],
    ['kind: managed', {}],
  ])('of an endpoint with %j is taken', async (members, read) => {
    expect(await check('endpoint', `name: abc\n${members}\n`)).toEqual({ name: 'abc', ...read });
  });

  it.each([
    ['app_insights_enabled: yes', { app_insights_enabled: true }],
    ['egress_public_network_access: Disabled', { egress_public_network_access: 'disabled' }],
    ['environment: azureml://registries/azureml/environments/sklearn-1.5/labels/latest', {}],
    ['type: Kubernetes', { type: 'kubernetes' }],
  ])('of a deployment with %j is taken', async (members, read) => {
    expect(await check('deployment', `${BLUE}${members}\n`)).toMatchObject(read);
  });
});
