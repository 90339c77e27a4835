import { beforeEach, describe, expect, it } from 'vitest';
import { type EmulatorEvent, EventBus } from '../../../src/events/index.ts';

it('numbers events and hands them to every listener in order', () => {
  const bus = new EventBus();
  const seen: EmulatorEvent[] = [];
  const unsubscribe = bus.subscribe((event) => seen.push(event));
  bus.emit({ type: 'emulator.stopping', reason: 'a' });
  bus.emit({ type: 'emulator.stopped', exitCode: 0 });
  unsubscribe();
  bus.emit({ type: 'emulator.stopped', exitCode: 1 });
  expect(seen.map((event) => [event.v, event.seq, event.type])).toEqual([
    [1, 1, 'emulator.stopping'],
    [1, 2, 'emulator.stopped'],
  ]);
  expect(Number.isNaN(Date.parse(seen[0]?.time ?? ''))).toBe(false);
});

it('resolves with the next event that fits', async () => {
  const bus = new EventBus();
  const next = bus.next('emulator.stopped', (event) => event.exitCode === 2);
  bus.emit({ type: 'emulator.stopped', exitCode: 1 });
  bus.emit({ type: 'emulator.stopped', exitCode: 2 });
  expect((await next).exitCode).toBe(2);
});

describe('while an event is being delivered', () => {
  const line = (text: string) => ({ type: 'log.line', source: 'emulator', level: 'info', text }) as const;
  let bus: EventBus;
  let seen: number[];
  beforeEach(() => {
    bus = new EventBus();
    seen = [];
  });
  const see = ({ seq }: EmulatorEvent) => void seen.push(seq);

  it('what a listener emits comes after it, for every listener', () => {
    bus.subscribe(({ seq }) => {
      if (seq === 1) bus.emit(line('second'));
    });
    bus.subscribe(see);
    bus.emit(line('first'));
    expect(seen).toEqual([1, 2]);
  });

  it('a listener that is removed is not called, and one that is added gets the next event', () => {
    bus.subscribe(() => {
      unsubscribe();
      bus.subscribe(({ seq }) => seen.push(10 + seq));
    });
    const unsubscribe = bus.subscribe(see);
    bus.emit(line('first'));
    expect(seen).toEqual([]);
    bus.emit(line('second'));
    expect(seen).toEqual([12]);
  });
});
