import { describe, expect, it } from 'vitest';
import { endedMeanwhile } from '../../../src/controlplane/endpoints/run-operation.ts';
import type { Operation } from '../../../src/controlplane/operations/operations.ts';
import type { AzureState, DeploymentRecord, EndpointRecord } from '../../../src/workspace/index.ts';

const START = '2026-11-28T10:00:00.000Z';
const LATER = '2026-11-28T10:05:00.000Z';
const RUNNING = { pid: 1, port: 6789, scoringUri: 'http://localhost:6789/score' };

function operation(resource: string, kind: Operation['kind'] = 'create'): Operation {
  const rest = { status: 'InProgress' as const, error: null, endTime: null, input: {} };
  return { id: `${kind} ${resource}`, resource, kind, startTime: START, ...rest };
}

function stateOf(
  deployments: readonly Partial<DeploymentRecord>[],
  operations: readonly Operation[] = [],
): Pick<AzureState, 'endpoints' | 'operations'> {
  const endpoint = { name: 'abc', running: RUNNING, updatedTime: START, deployments };
  return { endpoints: [endpoint as unknown as EndpointRecord], operations };
}

const BLUE = operation('onlineEndpoints/abc/deployments/blue');
const ENDPOINT = operation('onlineEndpoints/abc');

describe('endedMeanwhile', () => {
  it.each([
    ['not yet brought up', [{ name: 'blue', running: null, updatedTime: LATER }], undefined],
    [
      'brought up before, but not changed',
      [{ name: 'blue', running: RUNNING, updatedTime: START }],
      undefined,
    ],
    ['brought up since', [{ name: 'blue', running: RUNNING, updatedTime: LATER }], 'Succeeded'],
    ['deleted since', [], 'Canceled'],
  ] as const)('a deployment that was %s', (_name, deployments, outcome) => {
    expect(endedMeanwhile(stateOf(deployments) as AzureState, BLUE)).toBe(outcome);
  });

  it('a deployment that is to be created anew after its endpoint has been deleted', () => {
    const state = stateOf([], [operation('onlineEndpoints/abc', 'delete'), BLUE]);
    expect(endedMeanwhile(state as AzureState, BLUE)).toBeUndefined();
  });

  it('an endpoint whose name is the beginning of one that is to be deleted', () => {
    const state = stateOf([], [operation('onlineEndpoints/abcdef', 'delete'), ENDPOINT]);
    expect(endedMeanwhile({ ...state, endpoints: [] } as unknown as AzureState, ENDPOINT)).toBe('Canceled');
  });

  it('a deletion runs again in any case', () => {
    const state = { endpoints: [], operations: [] } as unknown as AzureState;
    expect(endedMeanwhile(state, operation('onlineEndpoints/abc', 'delete'))).toBeUndefined();
  });
});
