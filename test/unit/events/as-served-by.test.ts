import { describe, expect, it } from 'vitest';
import { asServedBy, type EmulatorState, initialState } from '../../../src/events/index.ts';

const error = { code: 'SCRIPT_FAILED', message: 'broken' };
const failed = (...targets: string[]): EmulatorState => ({
  ...initialState,
  generation: 2,
  stale: true,
  failures: [{ time: '2026-01-01T00:00:00.000Z', targets, error, olderServes: true }],
});

describe('what an answer says of itself', () => {
  it('is stale while the old generation serves because the new one failed', () => {
    expect(asServedBy(failed('script'), 2).stale).toBe(true);
  });

  it('is not stale from the first answer of the fixed generation, before its reload has completed', () => {
    expect(asServedBy(failed('script'), 4)).toMatchObject({ stale: false, generation: 4 });
  });

  it('stays stale until a failed model is fixed', () => {
    expect(asServedBy(failed('model digits'), 4).stale).toBe(true);
  });
});
