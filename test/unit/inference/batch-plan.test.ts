import { describe, expect, it } from 'vitest';
import { type BatchRules, planBatch } from '../../../src/inference/scheduling/batch-plan.ts';
import type { QueuedRequest } from '../../../src/inference/scheduling/queued-request.ts';
import { inferRequest } from '../../helpers/infer-request.ts';

const request = (batchSize: number, shapeKey = '', enqueuedAt = 0): QueuedRequest => ({
  request: inferRequest(),
  inputs: [],
  batchSize,
  shapeKey,
  onResponse: undefined,
  onExecuted: undefined,
  cancellation: undefined,
  priority: 0,
  arrivedAt: 0,
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

  it('takes the largest preferred size that is reached without a delay, too, and else everything', () => {
    const sizes = rules({ preferred: [2, 4] });
    const ones = (count: number) => Array.from({ length: count }, () => request(1));
    expect([7, 4, 3, 2, 1].map((count) => planBatch(ones(count), sizes, 0).take)).toEqual([4, 4, 2, 2, 1]);
    expect(planBatch([request(3), request(3)], sizes, 0).take).toBe(1);
  });

  it('takes all that waits once the delay is over, past preferred sizes', () => {
    const delayed = rules({ delayMs: 10, preferred: [4] });
    const six = Array.from({ length: 6 }, () => request(1));
    expect(planBatch(six, delayed, 9).take).toBe(4);
    expect(planBatch(six, delayed, 10).take).toBe(6);
  });

  it('counts the delay from the oldest, whatever comes first', () => {
    const waiting = [request(1, '', 5), request(1, '', 0)];
    expect(planBatch(waiting, rules({ delayMs: 10 }), 6)).toEqual({ take: 0, lookAgainAt: 10 });
  });

  it('looks again when the time of a request in the queue is over before the delay is', () => {
    const waiting = [request(1), { ...request(1), deadline: 4 }];
    expect(planBatch(waiting, rules({ delayMs: 10 }), 3)).toEqual({ take: 0, lookAgainAt: 4 });
  });

  it('does not wait if nothing more can join', () => {
    const delayed = rules({ delayMs: 10, preferred: [8] });
    expect(planBatch([request(1, 'a'), request(1, 'b')], delayed, 0).take).toBe(1);
    expect(planBatch([request(5), request(4)], delayed, 0).take).toBe(1);
  });
});
