import { describe, expect, it } from 'vitest';
import { Lifetime, TritonLocalError, within } from '../../../src/base/index.ts';

describe('Lifetime', () => {
  it('undoes in reverse order, one after the other', async () => {
    const lifetime = new Lifetime();
    const undone: string[] = [];
    for (const name of ['engine', 'pool', 'watcher']) {
      lifetime.defer(name, async () => {
        undone.push(`${name} begins`);
        await Promise.resolve();
        undone.push(`${name} ends`);
      });
    }
    await lifetime[Symbol.asyncDispose]();
    expect(undone.map((it) => it.split(' ')[0])).toEqual([
      'watcher',
      'watcher',
      'pool',
      'pool',
      'engine',
      'engine',
    ]);
  });

  it('continues after failures and reports them together with their causes', async () => {
    const lifetime = new Lifetime();
    const undone: string[] = [];
    const slow = new Error('stuck');
    lifetime.defer('first', () => undone.push('first'));
    lifetime.defer('second', () => Promise.reject(slow));
    lifetime.defer('third', () => {
      throw new Error('broken');
    });
    const failure = await lifetime[Symbol.asyncDispose]().catch((error: unknown) => error);
    expect(undone).toEqual(['first']);
    expect(failure).toBeInstanceOf(TritonLocalError);
    expect(failure).toMatchObject({
      code: 'STOP_INCOMPLETE',
      message: 'not everything stopped (third: broken; second: stuck)',
      cause: { errors: [{ message: 'broken' }, slow] },
    });
  });

  it('undoes once, however often and by whomever it is asked', async () => {
    const lifetime = new Lifetime();
    let times = 0;
    let inner: Promise<void> | undefined;
    lifetime.defer('part', () => {
      times += 1;
      inner = lifetime[Symbol.asyncDispose]();
    });
    const first = lifetime[Symbol.asyncDispose]();
    expect(lifetime[Symbol.asyncDispose]()).toBe(first);
    await first;
    expect(inner).toBe(first);
    expect(times).toBe(1);
    expect(lifetime.ended).toBe(true);
  });

  it('undoes what is added while it is undoing, and says that it came too late', async () => {
    const lifetime = new Lifetime();
    const undone: string[] = [];
    lifetime.defer('slow', async () => {
      expect(() => lifetime.defer('late', () => undone.push('late'))).toThrowError(/late was started while/);
      undone.push('slow');
    });
    await lifetime[Symbol.asyncDispose]();
    await lifetime[Symbol.asyncDispose]();
    expect(undone).toEqual(['slow', 'late']);
  });

  it('undoes what is added after the end, even after an end with failures', async () => {
    const lifetime = new Lifetime();
    lifetime.defer('bad', () => Promise.reject(new Error('no')));
    await expect(lifetime[Symbol.asyncDispose]()).rejects.toThrow('bad: no');
    let isOpen = true;
    const late = {
      async [Symbol.asyncDispose]() {
        isOpen = false;
      },
    };
    expect(() => lifetime.use('late', late)).toThrowError(
      expect.objectContaining({ code: 'LIFETIME_ENDED' }) as Error,
    );
    await lifetime[Symbol.asyncDispose]().catch(() => undefined);
    expect(isOpen).toBe(false);
  });

  it('hands back what it is given to use', () => {
    const value = { [Symbol.asyncDispose]: () => Promise.resolve() };
    expect(new Lifetime().use('value', value)).toBe(value);
  });
});

describe('within', () => {
  it('reports whether a promise resolved in time', async () => {
    expect(await within(Promise.resolve('any'), 1_000)).toBe(true);
    expect(await within(new Promise(() => undefined), 1)).toBe(false);
  });

  it('rejects as the promise does, and swallows what comes too late', async () => {
    await expect(within(Promise.reject(new Error('no')), 1_000)).rejects.toThrow('no');
    let fail: (error: Error) => void = () => undefined;
    const late = new Promise((_, reject) => {
      fail = reject;
    });
    expect(await within(late, 1)).toBe(false);
    fail(new Error('nobody waits for this'));
    await new Promise((resolve) => setImmediate(resolve));
  });
});
