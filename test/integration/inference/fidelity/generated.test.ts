import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import { sameNumbers } from './comparison.ts';
import { GENERATED_REQUESTS, generatedRequest, ONNX_MODELS } from './generated-request.ts';
import { MODELS } from './models.ts';
import { askBoth, type Pair, startPair } from './pair.ts';

const RUNS = Number(process.env.TRITON_LOCAL_TEST_RUNS ?? GENERATED_REQUESTS.onnx);

if (!realTriton) skipLoudly('the comparison of generated requests with the real Triton');

describe.skipIf(!realTriton)('generated requests', () => {
  let pair: Pair;

  beforeAll(async () => {
    const models = MODELS.filter(({ name }) => name in ONNX_MODELS);
    pair = await startPair(realTriton ?? '', models, 'explicit');
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  it('are answered alike, mistakes included', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(generatedRequest(ONNX_MODELS), async (request) => {
        const [real, ours] = await askBoth(pair, request);
        if (real.status !== 200) refused += 1;
        if (!sameNumbers(real, ours)) expect(ours, request.bytes.toString('latin1')).toEqual(real);
        expect(ours.headers['content-type']).toEqual(real.headers['content-type']);
      }),
      { numRuns: RUNS },
    );
    process.stdout.write(`generated: ${RUNS} requests answered alike, ${refused} of them refused\n`);
  });
});
