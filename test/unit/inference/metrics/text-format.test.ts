import { describe, expect, it } from 'vitest';
import { type Family, formatNumber, renderFamilies } from '../../../../src/inference/metrics/text-format.ts';

describe('numbers of metrics', () => {
  // As a Triton 2.51 printed them for a gauge of a Python model.
  it.each([
    [1 / 3, '0.3333333333333333'],
    [1e21, '1e+21'],
    [1.2345678901234568e17, '1.234567890123457e+17'],
    [1e-7, '1e-07'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
    [Number.NaN, 'Nan'],
    [-0, '-0'],
    [0, '0'],
    [1e15, '1000000000000000'],
    [1e16, '1e+16'],
    [1e17, '1e+17'],
    [0.1, '0.1'],
    [-2.5, '-2.5'],
    [100_000, '100000'],
    [123_456.789, '123456.789'],
    [1e-5, '1e-05'],
    [0.0001, '0.0001'],
    [25_276_510_208, '25276510208'],
    [0.1 + 0.2, '0.3'],
    [9.999_999_999_999_999e-5, '9.999999999999999e-05'],
  ])('%d is %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});

describe('the document', () => {
  const family = (name: string, type: Family['type'], samples: Family['samples'], help = name): Family => ({
    name,
    type,
    samples,
    help,
  });

  it('has families by type, labels in order and escaped, and help texts as they are', () => {
    const text = renderFamilies([
      family('level', 'gauge', [{ labels: {}, value: 3 }], 'a \\ and "quotes"'),
      family('calls', 'counter', [{ labels: { b: 'x"y\\z\n', a: '2' }, value: 1.5 }]),
      family('nothing', 'counter', []),
      family('bare', 'gauge', [{ labels: { _team: 't', model: 'm' }, value: 1 }], ''),
    ]);
    expect(text).toBe(
      [
        '# HELP calls calls',
        '# TYPE calls counter',
        'calls{a="2",b="x\\"y\\\\z\\n"} 1.5',
        '# HELP level a \\ and "quotes"',
        '# TYPE level gauge',
        'level 3',
        '# TYPE bare gauge',
        'bare{_team="t",model="m"} 1',
        '',
      ].join('\n'),
    );
  });

  it('has the bound of a bucket and a quantile behind the labels', () => {
    const text = renderFamilies([
      family('sizes', 'histogram', [
        { suffix: '_count', labels: { z: '1' }, value: 2 },
        { suffix: '_bucket', labels: { z: '1' }, last: ['le', Number.POSITIVE_INFINITY], value: 2 },
        { suffix: '_bucket', labels: {}, last: ['le', 0.5], value: 2 },
      ]),
    ]);
    expect(text).toBe(
      '# HELP sizes sizes\n# TYPE sizes histogram\nsizes_count{z="1"} 2\nsizes_bucket{z="1",le="+Inf"} 2\nsizes_bucket{le="0.5"} 2\n',
    );
  });

  it('joins families of one name under the first help text', () => {
    const text = renderFamilies([
      family('n', 'counter', [{ labels: { a: '1' }, value: 1 }], 'first'),
      family('n', 'counter', [{ labels: { a: '2' }, value: 2 }], 'second'),
    ]);
    expect(text).toBe('# HELP n first\n# TYPE n counter\nn{a="1"} 1\nn{a="2"} 2\n');
  });
});
