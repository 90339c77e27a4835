import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/base/index.ts';
import { RequestStore } from '../../../src/events/index.ts';
import { request } from '../../helpers/story.ts';

class HandClock implements Clock {
  time = 5_000;
  now(): number {
    return this.time;
  }
  after(): () => void {
    throw new Error('not asked for');
  }
}

function add(store: RequestStore, totalMs: number, status = 200): void {
  const body = request(status, totalMs);
  if (body.type !== 'scoring.request') throw new Error('not a request');
  store.append({ v: 1, seq: 1, time: '2026-11-24T10:00:00.000Z', ...body });
}

describe('RequestStore', () => {
  it('returns the newest first and drops the oldest', () => {
    const store = new RequestStore(3, new HandClock());
    for (const ms of [1, 2, 3, 4, 5]) add(store, ms);
    expect(store.newest(10).map((it) => it.totalMs)).toEqual([5, 4, 3]);
    expect(store.newest(2).map((it) => it.totalMs)).toEqual([5, 4]);
    expect(store.total).toBe(5);
  });

  it('has no percentiles before the first request, and the nearest rank after', () => {
    const store = new RequestStore(500, new HandClock());
    expect(store.figures()).toEqual({ total: 0, failed: 0, perSecond: 0, p50: null, p95: null });
    for (let ms = 1; ms <= 100; ms += 1) add(store, ms, ms > 97 ? 500 : 200);
    expect(store.figures()).toMatchObject({ total: 100, failed: 3, p50: 50, p95: 95 });
  });

  it('gives the rate of the last ten seconds', () => {
    const clock = new HandClock();
    const store = new RequestStore(500, clock);
    for (let second = 0; second < 30; second += 1) {
      for (let count = 0; count < 40; count += 1) add(store, 1);
      clock.time += 1_000;
    }
    expect(store.figures().perSecond).toBeCloseTo(36, 0);
    clock.time += 4_000;
    expect(store.figures().perSecond).toBeCloseTo(20, 0);
    clock.time += 60_000;
    expect(store.figures().perSecond).toBe(0);
  });
});
