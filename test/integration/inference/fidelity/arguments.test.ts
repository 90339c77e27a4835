import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import { get, infer, input, post } from './cases/case.ts';
import { addModel } from './models.ts';
import { askBoth, type Pair, startPair } from './pair.ts';

if (!realTriton) skipLoudly("the comparison of Triton's own arguments");

const ARGUMENTS = [
  '--http-restricted-api=model-config,statistics:key=open',
  '--http-restricted-api=model-repository:Other-Key=value',
  '--strict-readiness=false',
  '--log-info=false',
  '--log-verbose=1',
  '--log-format=ISO8601',
  '--load-model=m',
];

describe.skipIf(!realTriton)("Triton's own arguments", () => {
  let pair: Pair;
  beforeAll(async () => {
    const models = [addModel('m', { '1': 1 }), addModel('other', { '1': 1 })];
    pair = await startPair(realTriton ?? '', models, 'explicit', undefined, ARGUMENTS);
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  it.each([
    ['a restricted API without its header', get('/v2/models/m/config')],
    ['with a wrong value', post('/v2/repository/index', '', { 'Other-Key': 'x' })],
    ['with the header', post('/v2/repository/index', '', { 'other-key': 'value' })],
    ['by the wrong method', post('/v2/models/m/config')],
    ['of statistics', get('/v2/models/stats')],
    ['a load without the header', post('/v2/repository/models/other/load')],
    ['an API that is not restricted', get('/v2/models/m')],
    ['inference', infer('m', { inputs: [input('INPUT0', 'FP32', [2], [1, 2])] })],
    ['a model that was not named at the start', get('/v2/models/other/ready')],
    ['readiness', get('/v2/health/ready')],
    ['the log settings', get('/v2/logging')],
  ])('%s', async (_what, request) => {
    const [real, ours] = await askBoth(pair, request);
    expect(ours).toEqual(real);
  });
});
