import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../../../src/base/index.ts';
import { FrameClock } from '../../../../src/ui/tui/frame-clock.ts';

/** Time that advances on request. */
class HandClock implements Clock {
  #now = 1_000;
  #timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { at: this.#now + milliseconds, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((it) => it !== timer);
    };
  }

  pass(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = this.#timers.filter((it) => it.at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#timers = this.#timers.filter((it) => it !== next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = end;
  }
}

let clock: HandClock;
let frames: number[];
let pace: FrameClock;

beforeEach(() => {
  clock = new HandClock();
  frames = [];
  pace = new FrameClock(clock, () => frames.push(clock.now()));
});

/** Asks for a frame every millisecond and counts those that came. */
function flood(milliseconds: number): number {
  const before = frames.length;
  for (let passed = 0; passed < milliseconds; passed += 1) {
    pace.request();
    clock.pass(1);
  }
  return frames.length - before;
}

describe('FrameClock', () => {
  it('shows the first change at once and nothing while nothing changes', () => {
    pace.request();
    clock.pass(0);
    expect(frames).toEqual([1_000]);
    clock.pass(60_000);
    expect(frames).toHaveLength(1);
  });

  it('gives at most ten frames a second, however much changes', () => {
    flood(200);
    expect(flood(2_000)).toBeLessThanOrEqual(20);
    expect(flood(2_000)).toBeGreaterThanOrEqual(16);
  });

  it('answers a key within 33 ms even in a flood, and calms down after', () => {
    flood(520);
    const before = frames.length;
    pace.hurry();
    clock.pass(33);
    expect(frames.length).toBeGreaterThan(before);
    expect(flood(250)).toBeGreaterThanOrEqual(6);
    clock.pass(300);
    expect(flood(1_000)).toBeLessThanOrEqual(10);
  });

  it('slows down to four a second while frames are expensive, and recovers', () => {
    for (let count = 0; count < 5; count += 1) pace.noteCost(60);
    flood(300);
    expect(flood(2_000)).toBeLessThanOrEqual(8);
    pace.noteCost(5);
    flood(300);
    expect(flood(1_000)).toBeGreaterThanOrEqual(8);
  });

  it('gives no frame once stopped', () => {
    pace.request();
    pace.stop();
    pace.request();
    clock.pass(1_000);
    expect(frames).toEqual([]);
  });
});
