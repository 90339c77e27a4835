import { expect, it } from 'vitest';
import { operationTable } from '../../../src/cli/commands/ps.ts';
import type { AzureState } from '../../../src/workspace/index.ts';

type Operation = AzureState['operations'][number];

const operation: Operation = {
  id: 'o1',
  resource: 'onlineEndpoints/digits/deployments/blue',
  kind: 'create',
  status: 'InProgress',
  error: null,
  startTime: '2026-11-28T07:04:08.330Z',
  endTime: null,
  input: {},
};

it('ps shows the operations in progress, and nothing without any', () => {
  const ended: Operation = { ...operation, status: 'Succeeded', resource: 'onlineEndpoints/other' };
  const [, head, row, ...rest] = operationTable({ operations: [ended, operation] }).split('\n');
  expect(head).toMatch(/^OPERATION +RESOURCE +STARTED/);
  expect(row).toMatch(/^create +onlineEndpoints\/digits\/deployments\/blue +2026-11-28T07:04:08\.330Z/);
  expect(rest).toEqual(['']);
  expect(operationTable({ operations: [ended] })).toBe('');
});
