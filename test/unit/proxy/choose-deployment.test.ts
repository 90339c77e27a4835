import { describe, expect, it } from 'vitest';
import { chooseDeployment } from '../../../src/proxy/endpoint/choose-deployment.ts';
import type { DeploymentRecord } from '../../../src/workspace/index.ts';

const named = (name: string): DeploymentRecord => ({
  name,
  definition: {},
  modelId: null,
  deployment: 'script',
  createdTime: '',
  revision: 1,
  running: { pid: 1, port: 1, scoringUri: '' },
  error: null,
});
const DEPLOYMENTS = [named('blue'), named('green')];
const choose = (traffic: Record<string, number>, random: number, header?: string) =>
  chooseDeployment(DEPLOYMENTS, traffic, header, random)?.name;

describe('the deployment for a request', () => {
  it.each([
    [{ blue: 90, green: 10 }, 0, 'blue'],
    [{ blue: 90, green: 10 }, 0.899, 'blue'],
    [{ blue: 90, green: 10 }, 0.9, 'green'],
    [{ blue: 0, green: 100 }, 0, 'green'],
    [{ blue: 0, green: 100 }, 0.999_999, 'green'],
    // The rest up to 100 goes to no deployment: the split applies among those with a share.
    [{ blue: 20 }, 0.999_999, 'blue'],
  ])('%j at %d is %s', (traffic, random, name) => {
    expect(choose(traffic, random)).toBe(name);
  });

  it('is the one that the header names, whatever the traffic', () => {
    expect(choose({ blue: 100 }, 0, 'green')).toBe('green');
  });

  it('is undefined if none has traffic, or the named one does not run', () => {
    expect(choose({}, 0.5)).toBeUndefined();
    expect(choose({ blue: 100 }, 0, 'red')).toBeUndefined();
    expect(chooseDeployment([], { blue: 100 }, undefined, 0)).toBeUndefined();
  });
});
