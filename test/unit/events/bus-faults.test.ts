import { expect, it } from 'vitest';
import { type EmulatorEvent, EventBus } from '../../../src/events/index.ts';

function faultyBus() {
  const bus = new EventBus();
  const seen: EmulatorEvent[] = [];
  bus.subscribe(() => {
    throw new Error('no paint left');
  });
  bus.subscribe((event) => seen.push(event));
  return { bus, seen };
}

it('a listener that throws neither breaks the emitter nor hides the event from others', () => {
  const { bus, seen } = faultyBus();
  expect(() => bus.emit({ type: 'emulator.stopping', reason: 'a' })).not.toThrow();
  expect(seen[0]).toMatchObject({ seq: 1, type: 'emulator.stopping' });
});

it('logs a listener that throws, once, after the event itself', () => {
  const { bus, seen } = faultyBus();
  bus.emit({ type: 'emulator.stopping', reason: 'a' });
  bus.emit({ type: 'emulator.stopped', exitCode: 0 });
  expect(seen.map(({ seq, type }) => [seq, type])).toEqual([
    [1, 'emulator.stopping'],
    [2, 'log.line'],
    [3, 'emulator.stopped'],
  ]);
  expect(seen[1]).toMatchObject({ level: 'error', text: expect.stringContaining('no paint left') });
});
