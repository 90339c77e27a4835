import { describe, expect, it } from 'vitest';
import { CustomMetrics } from '../../../../src/inference/metrics/custom-metrics.ts';
import { renderFamilies } from '../../../../src/inference/metrics/text-format.ts';

function owner() {
  let exit: () => void = () => undefined;
  const exited = new Promise<void>((resolve) => {
    exit = resolve;
  });
  return { exited, exit };
}

const samples = (metrics: CustomMetrics) =>
  renderFamilies(metrics.families())
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

describe('metrics that models make', () => {
  it('are one metric for all that make it with the same labels', () => {
    const metrics = new CustomMetrics(new Map());
    const [one, two] = [owner(), owner()];
    for (const process of [one, two]) {
      metrics.createFamily(process, 1, 'visits', 'h', 'counter');
      metrics.createMetric(process, 1, 2, { a: 'b' }, []);
    }
    metrics.change(one, 2, 'increment', 1);
    metrics.change(two, 2, 'increment', 2.5);
    expect(samples(metrics)).toEqual(['visits{a="b"} 3.5']);
    expect([metrics.value(one, 2), metrics.value(two, 2)]).toEqual([3.5, 3.5]);
  });

  it('go when the last family object through which they were made is deleted', () => {
    const metrics = new CustomMetrics(new Map());
    const [one, two] = [owner(), owner()];
    for (const process of [one, two]) {
      metrics.createFamily(process, 1, 'level', 'h', 'gauge');
      metrics.createMetric(process, 1, 2, {}, []);
    }
    metrics.createMetric(two, 1, 3, { own: 'yes' }, []);
    metrics.change(one, 2, 'set', 4);
    metrics.deleteFamily(two, 1);
    expect(samples(metrics)).toEqual(['level 4']);
    metrics.deleteFamily(one, 1);
    metrics.change(one, 2, 'set', 5);
    expect(samples(metrics)).toEqual([]);
    expect(metrics.value(one, 2)).toBe(0);
  });

  it('stay when their process ends, and go on in the next one', async () => {
    const metrics = new CustomMetrics(new Map());
    const [one, two] = [owner(), owner()];
    metrics.createFamily(one, 1, 'visits', 'h', 'counter');
    metrics.createMetric(one, 1, 2, {}, []);
    metrics.change(one, 2, 'increment', 7);
    one.exit();
    await one.exited;
    expect(samples(metrics)).toEqual(['visits 7']);
    metrics.createFamily(two, 1, 'visits', 'h', 'counter');
    metrics.createMetric(two, 1, 2, {}, []);
    metrics.change(two, 2, 'increment', 1);
    expect(samples(metrics)).toEqual(['visits 8']);
    metrics.deleteFamily(two, 1);
    expect(samples(metrics)).toEqual([]);
  });

  it('observe into buckets that hold all that is smaller', () => {
    const metrics = new CustomMetrics(new Map());
    const process = owner();
    metrics.createFamily(process, 1, 'sizes', 'h', 'histogram');
    metrics.createMetric(process, 1, 2, { l: '1' }, [0.1, 1, 2.5]);
    for (const value of [1, 50, 0.05]) metrics.change(process, 2, 'observe', value);
    expect(samples(metrics)).toEqual([
      'sizes_count{l="1"} 3',
      'sizes_sum{l="1"} 51.05',
      'sizes_bucket{l="1",le="0.1"} 1',
      'sizes_bucket{l="1",le="1"} 2',
      'sizes_bucket{l="1",le="2.5"} 2',
      'sizes_bucket{l="1",le="+Inf"} 3',
    ]);
  });

  it.each([
    ['no name', 'gauge', 'Invalid metric name'],
    ['', 'gauge', 'Invalid metric name'],
    ['__own', 'gauge', 'Invalid metric name'],
    ['known', 'counter', 'Family name already exists with different type'],
    ['nv_own', 'gauge', 'Family name already exists with different type'],
  ] as const)('are refused in Triton’s words: %s as %s', (name, kind, reason) => {
    const metrics = new CustomMetrics(new Map([['nv_own', 'counter']]));
    metrics.createFamily(owner(), 1, 'known', 'h', 'gauge');
    expect(() => metrics.createFamily(owner(), 1, name, 'h', kind)).toThrow(reason);
  });

  it('are refused where labels or buckets are wrong, which ends the real server', () => {
    const metrics = new CustomMetrics(new Map());
    const process = owner();
    metrics.createFamily(process, 1, 'sizes', 'h', 'histogram');
    for (const label of ['a-b', '__a', '', '1a'])
      expect(() => metrics.createMetric(process, 1, 2, { [label]: 'x' }, [])).toThrow('Invalid label name');
    for (const bounds of [
      [3, 1],
      [1, 1],
      [Number.NaN, 1],
    ])
      expect(() => metrics.createMetric(process, 1, 2, {}, bounds)).toThrow(
        'Bucket Boundaries must be strictly sorted',
      );
    expect(samples(metrics)).toEqual([]);
  });
});
