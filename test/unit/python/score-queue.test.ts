import { expect, it } from 'vitest';
import { ScoreJob } from '../../../src/python/score-job.ts';
import { ScoreQueue } from '../../../src/python/score-queue.ts';

const job = (bytes: number) => {
  const request = { id: '', method: 'POST', target: '/score', headers: [], body: new Uint8Array(bytes) };
  return new ScoreJob(
    request,
    new AbortController().signal,
    () => {},
    () => {},
  );
};

it('is limited by the bytes that wait in it, but takes one body of any size', () => {
  const queue = new ScoreQueue(100);
  expect(queue.takes(new Uint8Array(1_000))).toBe(true);
  const [first, second] = [job(60), job(40)];
  for (const one of [first, second]) {
    expect(queue.takes(one.request.body)).toBe(true);
    queue.add(one);
  }
  expect(queue.takes(new Uint8Array(1))).toBe(false);
  expect(queue.shift()).toBe(first);
  expect(queue.takes(new Uint8Array(60))).toBe(true);
  expect(queue.takes(new Uint8Array(61))).toBe(false);
  expect(queue.delete(first)).toBe(false);
  expect(queue.delete(second)).toBe(true);
  expect(queue.takes(new Uint8Array(200))).toBe(true);
});

it('is limited by the number of those that wait', () => {
  const queue = new ScoreQueue();
  for (let count = 0; count < 10_000; count += 1) queue.add(job(0));
  expect(queue.takes(new Uint8Array(0))).toBe(false);
});
