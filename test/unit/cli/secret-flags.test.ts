import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { secretsOf, withoutSecrets, withSecrets } from '../../../src/cli/secret-flags.ts';

describe('flags whose values may be secrets', () => {
  it.each([
    ['up p --env A=1 B=2 --port 0', 'up p --port 0'],
    ['up --env=A=1 p', 'up p'],
    ['up p --triton-header Authorization=x -d', 'up p -d'],
    ['up p --env A=1 --env B=2', 'up p'],
    ['up p --environment x', 'up p --environment x'],
  ])('are left out of a command line: %s', (line, rest) => {
    expect(withoutSecrets(line.split(' '))).toEqual(rest.split(' '));
  });

  it('come back on standard input', async () => {
    const flags = { env: ['A=1'], tritonHeader: ['K=V'], port: '0' };
    const sent = secretsOf(flags) ?? '';
    expect(await withSecrets({ port: '0' }, Readable.from([sent]))).toMatchObject(flags);
    expect(secretsOf({ port: '0' })).toBeUndefined();
  });
});
