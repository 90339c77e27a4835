import { describe, expect, it } from 'vitest';
import { compareNaturally } from '../../../src/events/index.ts';

describe('natural order', () => {
  it('counts as people do', () => {
    const names = ['model_10', 'model_1', 'Model', 'model_2b', 'model_2', 'model', 'a12b3', 'a12b20', 'a2'];
    expect(names.sort(compareNaturally)).toEqual([
      'Model',
      'a2',
      'a12b3',
      'a12b20',
      'model',
      'model_1',
      'model_2',
      'model_2b',
      'model_10',
    ]);
  });

  it('is equal only for equal names', () => {
    expect(compareNaturally('m1', 'm1')).toBe(0);
    expect(compareNaturally('m1', 'm01')).not.toBe(0);
    expect(Math.sign(compareNaturally('m1', 'm01'))).toBe(-Math.sign(compareNaturally('m01', 'm1')));
  });
});
