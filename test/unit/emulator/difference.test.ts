import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../../src/emulator/replay/difference.ts';

const json = (value: unknown) => JSON.stringify(value);

describe('the difference of two answers', () => {
  it('names each value that changed, appeared or vanished', () => {
    const before = json({ digit: 3, probabilities: [0.5, 0.5], old: true, same: { deep: [1] } });
    const after = json({
      digit: 5,
      probabilities: [0.5, 0.25, 0.25],
      same: { deep: [1] },
      extra: { a: null },
    });
    expect(compareAnswers(before, after)).toEqual({
      total: 5,
      reported: [
        { path: 'digit', before: '3', after: '5' },
        { path: 'probabilities[1]', before: '0.5', after: '0.25' },
        { path: 'probabilities[2]', before: '', after: '0.25' },
        { path: 'old', before: 'true', after: '' },
        { path: 'extra', before: '', after: '{"a":null}' },
      ],
    });
  });

  it('is empty if only the formatting differs', () => {
    expect(compareAnswers('{"a": 1, "b": 2}', '{"b":2,"a":1}')).toEqual({ reported: [], total: 0 });
  });

  it('is the whole answer if one of them is not JSON', () => {
    expect(compareAnswers('old', '{"a": 1}').reported).toEqual([
      { path: '', before: 'old', after: '{"a": 1}' },
    ]);
  });

  it('is listed up to a limit, and counted beyond it', () => {
    const { reported, total } = compareAnswers(json(Array(1_000).fill(0)), json(Array(1_000).fill(1)));
    expect([reported.length, total]).toEqual([20, 1_000]);
    expect(compareAnswers('"a"', json('b'.repeat(500))).reported[0]?.after).toHaveLength(80);
  });
});
