import { describe, expect, it } from 'vitest';
import { type DeploymentBody, deploymentFile } from '../../../src/controlplane/endpoints/deployment-file.ts';
import { deploymentResource } from '../../../src/controlplane/endpoints/deployment-resource.ts';
import type { DeploymentRecord } from '../../../src/workspace/index.ts';

const WS = '/subscriptions/sub/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws';
const PARAMS = {
  subscription: 'sub',
  group: 'rg',
  workspace: 'ws',
  endpoint: 'my-endpoint',
  deployment: 'blue',
};
const PLACE = { endpoint: 'my-endpoint', name: 'blue', codeDirectory: '/uploads/code' };

const BODY: DeploymentBody = {
  tags: { team: 'vision' },
  sku: { capacity: 3 },
  properties: {
    endpointComputeType: 'Managed',
    model: `${WS}/models/digits/versions/1`,
    codeConfiguration: { codeId: `${WS}/codes/1234/versions/1`, scoringScript: 'score.py' },
    environmentId: `${WS}/environments/CliV2AnonymousEnvironment/versions/abcd`,
    environmentVariables: { LEVEL: '2' },
    description: 'the first one',
    properties: {},
    appInsightsEnabled: true,
    instanceType: 'Standard_DS3_v2',
    modelMountPath: '/models',
    egressPublicNetworkAccess: 'Disabled',
    requestSettings: {
      maxConcurrentRequestsPerInstance: 2,
      maxQueueWait: 'PT0.25S',
      requestTimeout: 'PT1M30S',
    },
    livenessProbe: {
      failureThreshold: 5,
      successThreshold: 1,
      timeout: 'PT3S',
      period: 'PT20S',
      initialDelay: 'PT2M',
    },
    readinessProbe: {
      failureThreshold: 7,
      successThreshold: 2,
      timeout: 'PT1S',
      period: 'PT5S',
      initialDelay: 'PT0S',
    },
    scaleSettings: { scaleType: 'Default' },
    dataCollector: {
      collections: {
        model_inputs: { dataCollectionMode: 'Enabled', samplingRate: 0.5, dataId: 'azureml:data:1' },
      },
      rollingRate: 'hour',
      requestLogging: { captureHeaders: ['x-caller'] },
    },
  },
};

/** The record that a deployment of this file gets. */
function recordOf(
  definition: DeploymentRecord['definition'],
  more: Partial<DeploymentRecord> = {},
): DeploymentRecord {
  return {
    name: 'blue',
    definition,
    modelId: 'digits:1',
    deployment: 'script',
    createdTime: '2026-11-28T10:00:00.000Z',
    revision: 1,
    running: null,
    error: null,
    ...more,
  };
}

describe('deploymentFile', () => {
  it('translates a request of the SDK to the file that az reads', () => {
    expect(deploymentFile(PLACE, BODY)).toEqual({
      name: 'blue',
      endpoint_name: 'my-endpoint',
      type: 'managed',
      description: 'the first one',
      tags: { team: 'vision' },
      properties: {},
      model: 'azureml:digits:1',
      code_configuration: { code: '/uploads/code', scoring_script: 'score.py' },
      environment: 'azureml:CliV2AnonymousEnvironment:abcd',
      environment_variables: { LEVEL: '2' },
      app_insights_enabled: true,
      instance_type: 'Standard_DS3_v2',
      instance_count: 3,
      model_mount_path: '/models',
      egress_public_network_access: 'disabled',
      request_settings: {
        max_concurrent_requests_per_instance: 2,
        max_queue_wait_ms: 250,
        request_timeout_ms: 90_000,
      },
      liveness_probe: {
        failure_threshold: 5,
        success_threshold: 1,
        timeout: 3,
        period: 20,
        initial_delay: 120,
      },
      readiness_probe: {
        failure_threshold: 7,
        success_threshold: 2,
        timeout: 1,
        period: 5,
        initial_delay: 0,
      },
      scale_settings: { type: 'default' },
      data_collector: {
        collections: { model_inputs: { enabled: 'true', data: 'azureml:data:1' } },
        sampling_rate: 0.5,
        rolling_rate: 'hour',
        request_logging: { capture_headers: ['x-caller'] },
      },
    });
  });

  it.each([
    ['azureml:AzureML-Triton@latest'],
    ['azureml://registries/azureml/environments/sklearn-1.5/labels/latest'],
  ])('passes the environment %s on as it is', (environmentId) => {
    const body = { properties: { ...BODY.properties, environmentId } };
    expect(deploymentFile(PLACE, body).environment).toBe(environmentId);
  });

  it.each([
    [
      'a model of a registry',
      { model: 'azureml://registries/azureml/models/m/versions/1' },
      /registry of Azure/,
    ],
    ['a model that is no id', { model: '../../etc/passwd' }, /is not the id of a model/],
    ['an environment that is no id', { environmentId: 'C:\\env' }, /is not the id of an environment/],
    ['a malformed duration', { requestSettings: { requestTimeout: '5 s' } }, /not an ISO 8601 duration/],
  ])('refuses %s', (_name, properties, message) => {
    expect(() => deploymentFile(PLACE, { properties: { ...BODY.properties, ...properties } })).toThrow(
      message,
    );
  });

  it('takes Azure’s default where a managed deployment names no instance type', () => {
    const { instanceType: _none, ...properties } = BODY.properties;
    expect(deploymentFile(PLACE, { properties }).instance_type).toBe('Standard_F4s_v2');
  });
});

describe('deploymentResource', () => {
  it('answers what was put, so that a deployment that was read can be put again', () => {
    const resourceIds = {
      code: `${WS}/codes/1234/versions/1`,
      environment: `${WS}/environments/CliV2AnonymousEnvironment/versions/abcd`,
    };
    const deployment = recordOf(deploymentFile(PLACE, BODY), { resourceIds });
    const resource = deploymentResource(PARAMS, { deployment, provisioningState: 'Succeeded' });
    expect(resource).toMatchObject({
      ...BODY,
      id: `${WS}/onlineEndpoints/my-endpoint/deployments/blue`,
      name: 'blue',
      properties: { ...BODY.properties, provisioningState: 'Succeeded' },
    });
    const again = deploymentFile(PLACE, resource as unknown as DeploymentBody);
    expect(again).toEqual(deployment.definition);
  });

  it('fills in what the SDK cannot do without', () => {
    const deployment = recordOf({ name: 'blue', endpoint_name: 'my-endpoint' }, { modelId: 'a:b:2' });
    expect(deploymentResource(PARAMS, { deployment, provisioningState: 'Creating' })).toMatchObject({
      sku: { name: 'Default', capacity: 1 },
      systemData: { createdAt: '2026-11-28T10:00:00.000Z', lastModifiedAt: '2026-11-28T10:00:00.000Z' },
      properties: {
        endpointComputeType: 'Managed',
        scaleSettings: { scaleType: 'Default' },
        requestSettings: { maxConcurrentRequestsPerInstance: 1, requestTimeout: 'PT5S' },
        livenessProbe: { failureThreshold: 30, initialDelay: 'PT10S' },
        provisioningState: 'Creating',
      },
    });
  });

  it('answers the paths of a deployment of az in place of ids', () => {
    const deployment = recordOf({
      name: 'blue',
      code_configuration: { code: '/projects/code', scoring_script: 'score.py' },
      environment: 'azureml:env:2',
    });
    const { properties } = deploymentResource(PARAMS, { deployment, provisioningState: 'Succeeded' });
    expect(properties).toMatchObject({
      codeConfiguration: { codeId: '/projects/code', scoringScript: 'score.py' },
      environmentId: `${WS}/environments/env/versions/2`,
    });
  });

  it('answers the resources of a deployment on Kubernetes', () => {
    const containerResourceRequirements = {
      containerResourceRequests: { cpu: '100m', memory: '0.5Gi' },
      containerResourceLimits: { cpu: '1', memory: '1Gi', gpu: '1' },
    };
    const properties = { endpointComputeType: 'Kubernetes', containerResourceRequirements };
    const deployment = recordOf(deploymentFile(PLACE, { properties }));
    expect(deploymentResource(PARAMS, { deployment, provisioningState: 'Succeeded' })).toMatchObject({
      properties: { endpointComputeType: 'Kubernetes', containerResourceRequirements },
    });
  });
});
