import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QuantileEstimator, RecentQuantiles } from '../../../../src/inference/metrics/quantiles.ts';

const QUANTILES = [
  { quantile: 0.5, error: 0.05 },
  { quantile: 0.9, error: 0.01 },
  { quantile: 0.99, error: 0.001 },
];

describe('estimated quantiles', () => {
  it('have a rank within the error that is allowed, whatever the order of the values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 3_000 }),
        (values) => {
          const estimator = new QuantileEstimator(QUANTILES);
          for (const value of values) estimator.add(value);
          const sorted = [...values].sort((a, b) => a - b);
          for (const { quantile, error } of QUANTILES) {
            const found = estimator.get(quantile);
            const slack = 2 * error * sorted.length + 2;
            const lowest = sorted[Math.max(0, Math.floor(quantile * sorted.length - slack))] ?? 0;
            const highest =
              sorted[Math.min(sorted.length - 1, Math.ceil(quantile * sorted.length + slack))] ?? 0;
            expect(found).toBeGreaterThanOrEqual(lowest);
            expect(found).toBeLessThanOrEqual(highest);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are NaN without a value', () => {
    expect(new QuantileEstimator(QUANTILES).get(0.5)).toBeNaN();
  });

  it('forget values within a minute', () => {
    const recent = new RecentQuantiles(QUANTILES, 0);
    recent.add(1_000, 1);
    expect(recent.get(0.5, 40_000)).toBe(1_000);
    recent.add(5, 40_000);
    expect(recent.get(0.5, 61_000)).toBe(5);
    expect(recent.get(0.5, 500_000)).toBeNaN();
    recent.add(7, 500_001);
    expect(recent.get(0.99, 500_002)).toBe(7);
  });
});
