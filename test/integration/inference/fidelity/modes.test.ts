import { describe, expect, it } from 'vitest';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import { get, post } from './cases/case.ts';
import { addModel } from './models.ts';
import { askBoth, startPair } from './pair.ts';

if (!realTriton) skipLoudly('the comparison of model control modes with the real Triton');

const REQUESTS = [
  post('/v2/repository/index'),
  post('/v2/repository/models/m/load'),
  post('/v2/repository/models/m/unload'),
  post('/v2/repository/models/nothing/load'),
  post('/v2/repository/models/nothing/unload'),
  post('/v2/repository/models/%20/load'),
  post('/v2/repository/models/m/load', '{'),
  post('/v2/repository/models/m/load', '{"parameters":{"config":1}}'),
  post('/v2/repository/models/m/load', '{"parameters":{"config":"{}"}}'),
  post('/v2/repository/models/m/unload', '{'),
  post('/v2/repository/x/models/m/load'),
  get('/v2/models/m/ready'),
  get('/v2/health/ready'),
];

describe.skipIf(!realTriton)('model control modes', () => {
  it.each(['none', 'poll'] as const)('%s: what clients may do is what Triton lets them', async (mode) => {
    const pair = await startPair(realTriton ?? '', [addModel('m', { '1': 1 })], mode);
    try {
      for (const request of REQUESTS) {
        const [real, ours] = await askBoth(pair, request);
        expect(ours, request.bytes.toString()).toEqual(real);
      }
    } finally {
      await pair[Symbol.asyncDispose]();
    }
  });
});
