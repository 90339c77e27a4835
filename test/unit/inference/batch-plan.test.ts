import { describe, expect, it } from 'vitest';
import { type BatchRules, planBatch } from '../../../src/inference/scheduling/batch-plan.ts';
import type { QueuedRequest } from '../../../src/inference/scheduling/queued-request.ts';

const request = (batchSize: number, shapeKey = '', enqueuedAt = 0): QueuedRequest => ({
  id: '',
  inputs: [],
  batchSize,
  shapeKey,
  priority: 0,
  enqueuedAt,
  deadline: Number.POSITIVE_INFINITY,
  resolve: () => undefined,
  reject: () => undefined,
});
const rules = (changes: Partial<BatchRules> = {}): BatchRules => ({
  maxBatchSize: 8,
  preferred: [],
  delayMs: 0,
  ...changes,
});

describe('planBatch', () => {
  it('takes all that waits up to the largest batch, and never splits a request', () => {
    expect(planBatch([request(3), request(3), request(3)], rules(), 0).take).toBe(2);
    expect(planBatch([request(8), request(1)], rules(), 0).take).toBe(1);
    expect(planBatch([], rules(), 0).take).toBe(0);
  });

  it('never puts requests of different shapes into one batch', () => {
    expect(planBatch([request(1, 'a'), request(1, 'b'), request(1, 'a')], rules(), 0).take).toBe(1);
    expect(planBatch([request(1, 'a'), request(1, 'a'), request(1, 'b')], rules(), 0).take).toBe(2);
  });

  it('waits for a preferred size until the oldest has waited long enough', () => {
    const delayed = rules({ delayMs: 10, preferred: [4, 8] });
    expect(planBatch([request(1), request(1)], delayed, 5)).toEqual({ take: 0, lookAgainAt: 10 });
    expect(planBatch([request(1), request(1)], delayed, 10).take).toBe(2);
    expect(planBatch([request(2), request(2), request(1)], delayed, 5).take).toBe(2);
  });

  it('does not wait where nothing more can join', () => {
    const delayed = rules({ delayMs: 10, preferred: [8] });
    expect(planBatch([request(1, 'a'), request(1, 'b')], delayed, 0).take).toBe(1);
    expect(planBatch([request(5), request(4)], delayed, 0).take).toBe(1);
  });
});
