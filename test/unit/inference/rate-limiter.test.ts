import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ModelInstance } from '../../../src/inference/backends/backend.ts';
import { RateLimiter } from '../../../src/inference/scheduling/rate-limiter.ts';
import { parseModelConfigText } from '../../../src/repository/index.ts';

const RESULT = { outcomes: [], computeInputNs: 1, computeInferNs: 1, computeOutputNs: 1 };

/** Models by name, each with one instance that runs until the test ends it. */
function prepare(models: Readonly<Record<string, string>>, given: Readonly<Record<string, number>> = {}) {
  const limiter = new RateLimiter(new Map(Object.entries(given)));
  const running: string[] = [];
  const ends = new Map<string, () => void>();
  const limited = new Map<string, ModelInstance>();
  for (const [name, rate] of Object.entries(models)) {
    const instance: ModelInstance = {
      execute: () =>
        new Promise((resolve) => {
          running.push(name);
          ends.set(name, () => resolve(RESULT));
        }),
    };
    const config = parseModelConfigText(
      `name: "${name}" instance_group { count: 1 kind: KIND_CPU rate_limiter { ${rate} } }`,
      'config.pbtxt',
    );
    for (const one of limiter.limit(config, [instance])) limited.set(name, one);
  }
  const run = (name: string) => void limited.get(name)?.execute([], 1);
  const end = async (name: string) => {
    ends.get(name)?.();
    await turn();
  };
  return { run, end, running };
}

const resource = (name: string, count: number) => `resources { name: "${name}" count: ${count} }`;

describe('RateLimiter', () => {
  it('runs instances side by side as far as their resources go', async () => {
    const { run, end, running } = prepare({
      two: resource('R', 2),
      a: resource('R', 1),
      b: resource('R', 1),
    });
    for (const name of ['two', 'a', 'b']) run(name);
    await turn();
    expect(running).toEqual(['two']);
    await end('two');
    expect(running).toEqual(['two', 'a', 'b']);
  });

  it('does not hold up an instance that needs something else', async () => {
    const { run, running } = prepare({ a: resource('R', 1), b: resource('R', 1), free: '' });
    for (const name of ['a', 'b', 'free']) run(name);
    await turn();
    expect(running).toEqual(['a', 'free']);
  });

  it('lets the one go first that ran least, weighed by its priority', async () => {
    const { run, end, running } = prepare({
      often: `${resource('R', 1)} priority: 1`,
      seldom: `${resource('R', 1)} priority: 3`,
    });
    for (const name of ['often', 'seldom', 'often', 'often']) run(name);
    await turn();
    for (const name of ['often', 'often', 'seldom', 'often']) await end(name);
    expect(running).toEqual(['often', 'often', 'seldom', 'often']);
  });

  it('takes what the command line gives, and refuses what it can never run', async () => {
    const { run, running } = prepare({ a: resource('R', 1), b: resource('R', 1) }, { R: 2 });
    for (const name of ['a', 'b']) run(name);
    await turn();
    expect(running).toEqual(['a', 'b']);
    expect(() => prepare({ a: resource('R', 4) }, { R: 2 })).toThrow(
      'Resource count for "R" is limited to 2 which will prevent scheduling of one or more model instances, the minimum required count is 4',
    );
  });
});
