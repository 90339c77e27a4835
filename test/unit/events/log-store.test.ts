import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogStore } from '../../../src/events/index.ts';

const line = (text: string) => ({
  time: '2026-11-24T10:00:00.000Z',
  source: 'script' as const,
  level: 'info' as const,
  text,
});

describe('LogStore', () => {
  it('keeps the newest lines under ids that are never used twice', () => {
    const store = new LogStore({ lines: 3, bytes: 1e6 });
    for (let index = 0; index < 8; index += 1) store.append(line(`line ${index}`));
    expect([store.firstId, store.nextId, store.dropped]).toEqual([5, 8, 5]);
    expect(store.get(4)).toBeUndefined();
    expect(store.get(5)?.text).toBe('line 5');
    expect(store.get(7)?.text).toBe('line 7');
    expect(store.get(8)).toBeUndefined();
    store.clear();
    expect(store.get(7)).toBeUndefined();
    store.append(line('after'));
    expect(store.get(8)?.text).toBe('after');
    expect(store.bytes).toBeLessThan(300);
  });

  it('keeps to its bytes, but always holds the newest line', () => {
    const store = new LogStore({ lines: 1_000, bytes: 10_000 });
    for (let index = 0; index < 50; index += 1) store.append(line('x'.repeat(1_000)));
    expect(store.bytes).toBeLessThanOrEqual(10_000);
    store.append(line('y'.repeat(60_000)));
    expect(store.nextId - store.firstId).toBe(1);
    expect(store.get(store.firstId)?.text.startsWith('y')).toBe(true);
  });

  it('makes an entry of each line of a longer text, and cuts what is endless', () => {
    const store = new LogStore();
    store.append({ ...line('one\r\n\ntwo\n'), requestId: 'r1' });
    expect([0, 1, 2].map((id) => store.get(id)?.text)).toEqual(['one', '', 'two']);
    expect(store.get(2)?.requestId).toBe('r1');
    expect(store.nextId).toBe(3);
    store.append({ ...line('four\nfive'), model: 'm' });
    expect([3, 4].map((id) => store.get(id)?.text)).toEqual(['m: four', 'm: five']);
    store.append(line('z'.repeat(200_000)));
    expect(store.get(5)?.text).toHaveLength(65_536);
    expect(store.get(5)?.text.endsWith('…')).toBe(true);
  });

  it('holds what a plain list would hold', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(120), { maxLength: 80 }),
        fc.integer({ min: 1, max: 9 }),
        (lengths, lines) => {
          const store = new LogStore({ lines, bytes: 1_500 });
          for (const length of lengths) store.append(line('t'.repeat(length)));
          const held = Array.from({ length: store.nextId - store.firstId }, (_, index) =>
            store.get(store.firstId + index),
          );
          expect(held.map((it) => it?.text.length)).toEqual(lengths.slice(lengths.length - held.length));
          expect(held.length).toBeLessThanOrEqual(lines);
          expect(held.length >= 1 || lengths.length === 0).toBe(true);
        },
      ),
    );
  });
});
