import { describe, expect, it } from 'vitest';
import {
  type EmulatorEvent,
  EventBus,
  RequestHistory,
  RequestMeter,
  RequestStore,
} from '../../../src/events/index.ts';

function metered() {
  const bus = new EventBus();
  const events: EmulatorEvent[] = [];
  bus.subscribe((event) => events.push(event));
  return { meter: new RequestMeter(bus), events };
}

describe('requests to the engine’s own port', () => {
  it('become one event with a sample of the newest, in order', () => {
    const { meter, events } = metered();
    for (let index = 0; index < 25; index += 1)
      meter.record('POST', `/v2/models/m${index}/infer?x=1`, index === 3 ? 400 : 200, index);
    meter.flush();
    meter.flush();
    expect(events).toHaveLength(1);
    const [event] = events;
    if (event?.type !== 'engine.requests') throw new Error('another event');
    expect(event).toMatchObject({ count: 25, failed: 1 });
    expect(event.sample.map(({ totalMs }) => totalMs)).toEqual([15, 16, 17, 18, 19, 20, 21, 22, 23, 24]);
    expect(event.sample.at(-1)).toMatchObject({ method: 'POST', path: '/v2/models/m24/infer', status: 200 });
  });

  it('leave out probes, which would bury the others', () => {
    const { meter, events } = metered();
    for (const path of ['/v2/health/ready', '/v2/health/live', '/v2/models/stats', '/v2/models/stats?x'])
      meter.record('GET', path, 200, 1);
    meter.record('GET', '/v2/models/statistician', 200, 1);
    meter.flush();
    expect(events).toEqual([expect.objectContaining({ count: 1 })]);
  });

  it('are held one by one in a history, but for probes', () => {
    const history = new RequestHistory(new EventBus());
    const meter = new RequestMeter({ emit: () => undefined }, history);
    for (let index = 0; index < 25; index += 1)
      meter.record('POST', '/v2/models/m/infer', 200, index, { queueMs: 1, runMs: 2, batch: 4 });
    meter.record('GET', '/v2/health/ready', 200, 1);
    meter.flush();
    const all = history.newest(100);
    expect(all).toHaveLength(25);
    expect(all[0]).toMatchObject({
      id: 'engine-25',
      totalMs: 24,
      queueMs: 1,
      runMs: 2,
      batch: 4,
      model: 'm',
    });
  });

  it('count in rate and list beside those to the scoring service', () => {
    const { meter, events } = metered();
    const store = new RequestStore();
    for (let index = 0; index < 40; index += 1) meter.record('POST', '/v2/models/m/infer', 200, 2);
    meter.flush();
    for (const event of events) if (event.type === 'engine.requests') store.appendEngine(event);
    expect(store.figures()).toMatchObject({ total: 40, failed: 0, p50: 2 });
    expect(store.figures().perSecond).toBeGreaterThan(3);
    expect(store.newest(50)).toHaveLength(10);
  });
});
