import { describe, expect, it } from 'vitest';
import {
  type EndpointBody,
  endpointFile,
  endpointResource,
} from '../../../src/controlplane/endpoints/endpoint-resource.ts';
import type { DeploymentRecord, EndpointRecord } from '../../../src/workspace/index.ts';

const WS = '/subscriptions/sub/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws';
const PARAMS = { subscription: 'sub', group: 'rg', workspace: 'ws' };

function recordOf(more: Partial<EndpointRecord> = {}): EndpointRecord {
  return {
    name: 'my-endpoint',
    authMode: 'key',
    profile: 'managed',
    description: null,
    tags: {},
    properties: {},
    traffic: {},
    createdTime: '2026-11-28T10:00:00.000Z',
    definition: { name: 'my-endpoint' },
    running: { pid: 1, port: 6790 },
    deployments: [],
    ...more,
  };
}

const shown = (endpoint: EndpointRecord, servesTritonAlone = false) =>
  endpointResource(PARAMS, { endpoint, provisioningState: 'Succeeded', servesTritonAlone });

describe('endpointFile', () => {
  const body: EndpointBody = {
    tags: { team: 'vision' },
    identity: { type: 'SystemAssigned' },
    properties: {
      authMode: 'AMLToken',
      description: 'digits',
      properties: { own: '1', createdBy: 'local', createdAt: 'then', lastModifiedAt: 'now' },
      publicNetworkAccess: 'Disabled',
      traffic: { blue: 100 },
      mirrorTraffic: { green: 10 },
    },
  };

  it('translates a request of the SDK to the file that az reads, without what the SDK only read', () => {
    expect(endpointFile('my-endpoint', body, undefined)).toEqual({
      name: 'my-endpoint',
      auth_mode: 'aml_token',
      description: 'digits',
      identity: { type: 'system_assigned' },
      properties: { own: '1' },
      public_network_access: 'disabled',
      tags: { team: 'vision' },
      traffic: { blue: 100 },
      mirror_traffic: { green: 10 },
    });
  });

  it('finds deployments whose names the SDK has made lower case', () => {
    const before = recordOf({ deployments: [{ name: 'Blue' } as DeploymentRecord] });
    expect(endpointFile('my-endpoint', body, before).traffic).toEqual({ Blue: 100 });
  });

  it.each([undefined, null, ''])('keeps the auth mode where the request has %j', (authMode) => {
    const properties = authMode === undefined ? {} : { authMode };
    expect(endpointFile('my-endpoint', { properties }, recordOf({ authMode: 'aad_token' })).auth_mode).toBe(
      'aad_token',
    );
    expect(endpointFile('my-endpoint', { properties }, undefined)).not.toHaveProperty('auth_mode');
  });

  it.each(['aks1', `${WS}/computes/aks1`])('names the cluster %s as a file does', (compute) => {
    expect(endpointFile('my-endpoint', { properties: { compute } }, undefined).compute).toBe('azureml:aks1');
  });
});

describe('endpointResource', () => {
  it.each([
    [false, 'https://127.0.0.1:6790/score'],
    [true, 'https://127.0.0.1:6790/'],
  ])('has the scoring URI of a script or, with Triton alone (%s), the root', (servesTritonAlone, uri) => {
    expect(shown(recordOf(), servesTritonAlone).properties).toMatchObject({ scoringUri: uri });
  });

  it('has no URIs before the endpoint runs', () => {
    expect(shown(recordOf({ running: null })).properties).not.toHaveProperty('scoringUri');
  });

  it('answers what the SDK cannot do without', () => {
    expect(
      shown(recordOf({ mirrorTraffic: { green: 10 }, updatedTime: '2026-11-28T11:00:00.000Z' })),
    ).toMatchObject({
      id: `${WS}/onlineEndpoints/my-endpoint`,
      kind: 'Managed',
      identity: { type: 'SystemAssigned' },
      properties: {
        authMode: 'Key',
        properties: {},
        mirrorTraffic: { green: 10 },
        publicNetworkAccess: 'Enabled',
        provisioningState: 'Succeeded',
      },
      systemData: { createdAt: '2026-11-28T10:00:00.000Z', lastModifiedAt: '2026-11-28T11:00:00.000Z' },
    });
  });

  it('answers the cluster of an endpoint on Kubernetes, from which the SDK takes its class', () => {
    const definition = { name: 'my-endpoint', compute: 'azureml:aks1' };
    expect(shown(recordOf({ definition }))).toMatchObject({
      kind: 'K8S',
      properties: { compute: `${WS}/computes/aks1` },
    });
  });
});
