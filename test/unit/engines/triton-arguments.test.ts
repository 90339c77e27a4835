import { expect, it } from 'vitest';
import { withUserArguments } from '../../../src/engines/triton-arguments.ts';

it("puts a user's flag in the place of ours", () => {
  expect(
    withUserArguments(
      ['--exit-on-error=false', '--load-model=*', '--http-port=1'],
      ['--exit-on-error=true', '--log-verbose'],
    ),
  ).toEqual(['--load-model=*', '--http-port=1', '--exit-on-error=true', '--log-verbose']);
});

it('keeps ours beside a flag that may stand several times', () => {
  const ours = '--backend-config=python,shm-region-prefix-name=a';
  const users = '--backend-config=onnxruntime,default-max-batch-size=8';
  expect(withUserArguments([ours], [users])).toEqual([ours, users]);
});
