import { describe, expect, it } from 'vitest';
import { type EmulatorEvent, type EventBody, EventBus, StateStore } from '../../../../src/events/index.ts';
import { PageModel } from '../../../../src/ui/page/page-model.ts';
import { Traffic } from '../../../../src/ui/page/traffic.ts';
import { ready, reloaded, reloadFailed, request } from '../../../helpers/story.ts';

describe('what the page shows', () => {
  it('is the state of the screen, whether folded from the events or begun with a later state', () => {
    const bus = new EventBus();
    const store = new StateStore(bus);
    const events: EmulatorEvent[] = [];
    bus.subscribe((event) => events.push(event));
    for (const body of [...ready, ...reloaded]) bus.emit(body);
    const middle = store.state;
    for (const body of [...reloadFailed, request(200, 1)]) bus.emit(body);

    const fromStart = new PageModel();
    const fromMiddle = new PageModel();
    fromMiddle.adopt(middle);
    for (const event of events) {
      fromStart.receive(event);
      fromMiddle.receive(event);
    }
    expect(fromStart.state).toEqual(store.state);
    expect(fromMiddle.state).toEqual(store.state);
    // An older state that arrives late changes nothing.
    fromStart.adopt(middle);
    expect(fromStart.state).toEqual(store.state);
    expect(fromStart.reloads.map(({ type }) => type)).toEqual(['reload.failed', 'reload.completed']);
    expect(fromStart.requestVersion).toBe(1);
  });
});

describe('the charts', () => {
  const START = Date.parse('2026-01-01T00:00:00.000Z');
  let seq = 0;
  const at = (second: number, body: EventBody): EmulatorEvent => {
    seq += 1;
    return { v: 1, seq, time: new Date(START + second * 1_000).toISOString(), ...body };
  };
  const scored = (totalMs: number, status = 200): EventBody => ({
    type: 'scoring.request',
    id: '',
    method: 'POST',
    path: '/score',
    status,
    generation: 1,
    queueMs: 0,
    runMs: 0,
    totalMs,
  });
  const statistics = (inferenceCount: number, executionCount: number): EventBody => ({
    type: 'model.statistics',
    model: 'm',
    version: '1',
    inferenceCount,
    executionCount,
    failureCount: 0,
    queueMs: 0,
    computeMs: 0,
  });
  const last = (traffic: Traffic, second: number) => traffic.seconds(START + second * 1_000).at(-1);

  it('count requests to both ports by the second, with their latency', () => {
    const traffic = new Traffic();
    for (const latency of [1, 2, 3, 100])
      traffic.receive(at(5, scored(latency, latency === 100 ? 500 : 200)));
    const sample = [{ time: '', method: 'POST', path: '/v2/models/m/infer', status: 200, totalMs: 4 }];
    traffic.receive(at(5, { type: 'engine.requests', count: 60, failed: 2, sample }));
    traffic.receive(at(6, scored(7)));
    expect(last(traffic, 5)).toEqual({ count: 64, failed: 3, p50: 3, p95: 100, batch: null });
    expect(last(traffic, 6)).toMatchObject({ count: 1, p50: 7 });
    expect(last(traffic, 7)).toEqual({ count: 0, failed: 0, p50: null, p95: null, batch: null });
    const seconds = traffic.seconds(START + 7_000);
    expect(seconds).toHaveLength(120);
    expect(seconds.reduce((sum, { count }) => sum + count, 0)).toBe(65);
  });

  it('forget what is older than their window', () => {
    const traffic = new Traffic();
    traffic.receive(at(5, scored(1)));
    traffic.receive(at(125, scored(2)));
    // Late news of a second that has left the window.
    traffic.receive(at(5, scored(3)));
    expect(traffic.seconds(START + 125_000).reduce((sum, { count }) => sum + count, 0)).toBe(1);
  });

  it('show the mean batch since the last statistics, also after the model was loaded again', () => {
    const traffic = new Traffic();
    traffic.receive(at(1, statistics(8, 2)));
    traffic.receive(at(3, statistics(14, 3)));
    traffic.receive(at(5, statistics(4, 2)));
    expect([1, 3, 5].map((second) => last(traffic, second)?.batch)).toEqual([4, 6, 2]);
  });
});
