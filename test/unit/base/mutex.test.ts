import { expect, it } from 'vitest';
import { Mutex } from '../../../src/base/index.ts';

it('runs one task at a time, in the order they came', async () => {
  const mutex = new Mutex();
  const seen: string[] = [];
  let running = 0;
  const task = (name: string, turns: number) => async () => {
    running += 1;
    expect(running).toBe(1);
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    seen.push(name);
    running -= 1;
    return name;
  };
  const results = await Promise.all([
    mutex.run(task('a', 9)),
    mutex.run(task('b', 1)),
    mutex.run(task('c', 4)),
  ]);
  expect(seen).toEqual(['a', 'b', 'c']);
  expect(results).toEqual(['a', 'b', 'c']);
});

it('passes a failure only to its own caller and continues', async () => {
  const mutex = new Mutex();
  const failing = mutex.run(() => Promise.reject(new Error('mine')));
  const throwing = mutex.run(() => {
    throw new Error('at once');
  });
  const next = mutex.run(async () => 'fine');
  await expect(failing).rejects.toThrow('mine');
  await expect(throwing).rejects.toThrow('at once');
  expect(await next).toBe('fine');
});
