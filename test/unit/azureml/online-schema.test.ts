import { describe, expect, it } from 'vitest';
import { checkMirrorTraffic, checkTraffic } from '../../../src/azureml/online-schema.ts';

const DEPLOYMENTS = ['blue', 'green'];

describe('checkTraffic', () => {
  it.each([{}, { blue: 0 }, { blue: 100 }, { blue: 90, green: 10 }, { gone: 0, green: 100 }])(
    'takes %j',
    (traffic) => {
      expect(() => checkTraffic(traffic, DEPLOYMENTS)).not.toThrow();
    },
  );

  it.each([
    [{ blue: 60, green: 60 }, /sum to less than or equal to 100%/],
    [{ blue: 60 }, /must sum to 0 or 100, not 60/],
    [{ blue: 0.5 }, /traffic\.blue must be a whole number/],
    [{ blue: -10, green: 100 }, /traffic\.blue must be a whole number/],
    [{ red: 100 }, /The deployment red that gets traffic does not exist/],
    [{ constructor: 100 }, /The deployment constructor that gets traffic does not exist/],
  ])('refuses %j', (traffic, message) => {
    expect(() => checkTraffic(traffic, DEPLOYMENTS)).toThrow(message);
  });
});

describe('checkMirrorTraffic', () => {
  it.each([{}, { green: 0 }, { green: 50 }, { green: 10, blue: 0 }])('takes %j', (mirrored) => {
    expect(() => checkMirrorTraffic(mirrored, { blue: 100 }, DEPLOYMENTS)).not.toThrow();
  });

  it.each([
    [{ green: 51 }, /from 0 to 50/],
    [{ green: 2.5 }, /from 0 to 50/],
    [{ green: 10, blue: 10 }, /to one deployment only/],
    [{ red: 10 }, /The deployment red that gets mirrored traffic does not exist/],
    [{ blue: 10 }, /The deployment blue cannot get both live and mirrored traffic/],
  ])('refuses %j', (mirrored, message) => {
    expect(() => checkMirrorTraffic(mirrored, { blue: 100 }, DEPLOYMENTS)).toThrow(message);
  });
});
