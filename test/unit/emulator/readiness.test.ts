import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Readiness } from '../../../src/emulator/readiness.ts';
import { type EventBody, EventBus } from '../../../src/events/index.ts';

function follow(answers: readonly boolean[]) {
  const reports: boolean[] = [];
  let probes = 0;
  const readiness = new Readiness(
    async () => answers[Math.min(probes++, answers.length - 1)] ?? false,
    async (ready) => {
      reports.push(ready);
    },
  );
  const bus = new EventBus();
  bus.subscribe((event) => readiness.follow(event));
  return { readiness, reports, bus, probes: () => probes };
}

const model = (state: 'READY' | 'LOADING' | 'UNAVAILABLE'): EventBody => ({
  type: 'model.state',
  model: 'm',
  version: '1',
  state,
  reason: '',
});

describe('readiness', () => {
  it('is reported once while it lasts', async () => {
    const { readiness, reports } = follow([true]);
    await readiness.check();
    await readiness.check();
    expect(reports).toEqual([true]);
    expect(readiness.ready).toBe(true);
  });

  it('is taken back when a save breaks it, and comes again', async () => {
    const { readiness, reports, bus } = follow([true, false, true]);
    await readiness.check();
    bus.emit(model('UNAVAILABLE'));
    await turn();
    bus.emit(model('READY'));
    await turn();
    expect(reports).toEqual([true, false, true]);
  });

  it('is probed again where something happens during a probe', async () => {
    const { readiness, reports, probes } = follow([false, true]);
    const first = readiness.check();
    void readiness.check();
    await first;
    expect(reports).toEqual([true]);
    expect(probes()).toBe(2);
  });

  it('is left alone by what cannot change it', async () => {
    const { readiness, bus, probes } = follow([true]);
    await readiness.check();
    bus.emit(model('LOADING'));
    bus.emit(model('READY'));
    await turn();
    expect(probes()).toBe(1);
  });
});
