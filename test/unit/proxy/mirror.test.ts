import { describe, expect, it } from 'vitest';
import { chooseMirror } from '../../../src/proxy/endpoint/mirror.ts';
import type { DeploymentRecord } from '../../../src/workspace/index.ts';

const DEPLOYMENTS = ['blue', 'green'].map((name) => ({ name }) as DeploymentRecord);

describe('the deployment that gets a copy of a request', () => {
  it.each([
    [{}, 0, undefined],
    [{ green: 0 }, 0, undefined],
    [{ green: 20 }, 0, 'green'],
    [{ green: 20 }, 0.199, 'green'],
    [{ green: 20 }, 0.2, undefined],
    // It is not running, or was deleted.
    [{ red: 50 }, 0, undefined],
  ])('%j at %d is %s', (mirrorTraffic: Record<string, number>, random, name) => {
    expect(chooseMirror(DEPLOYMENTS, mirrorTraffic, random)?.name).toBe(name);
  });
});
