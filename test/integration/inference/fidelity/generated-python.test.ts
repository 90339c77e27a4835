import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import { sameNumbers } from './comparison.ts';
import { sameForReaders } from './ensemble-answer.ts';
import { GENERATED_REQUESTS, generatedRequest, PYTHON_MODELS } from './generated-request.ts';
import { ENSEMBLE_FILES } from './repositories/ensembles.ts';
import { askShared, type SharedRepository, startOnSharedRepository } from './shared-repository.ts';

const RUNS = Number(process.env.TRITON_LOCAL_TEST_RUNS ?? GENERATED_REQUESTS.python);
/** The same requests in every run; another number gives others. */
const SEED = Number(process.env.TRITON_LOCAL_TEST_SEED ?? 14);
/** What the ensembles are made of, beside the models that are asked. */
const MEMBERS = ['mul2', 'tells'];

if (!realTriton) skipLoudly('the comparison of generated requests to Python models with the real Triton');

describe.skipIf(!realTriton)('generated requests to Python models and ensembles', () => {
  let pair: SharedRepository;

  beforeAll(async () => {
    const models = new Set([...Object.keys(PYTHON_MODELS), ...MEMBERS]);
    const files = Object.entries(ENSEMBLE_FILES).filter(([file]) => models.has(file.split('/')[0] ?? ''));
    pair = await startOnSharedRepository(realTriton ?? '', Object.fromEntries(files), 'none');
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  it('are answered alike, mistakes included', { timeout: 180_000 }, async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(generatedRequest(PYTHON_MODELS), async (request) => {
        const [real, ours] = await askShared(pair, request);
        if (real.status !== 200) refused += 1;
        if (sameNumbers(real, ours)) return;
        expect(sameForReaders(ours), request.bytes.toString('latin1')).toEqual(sameForReaders(real));
      }),
      { numRuns: RUNS, seed: SEED },
    );
    process.stdout.write(
      `generated: ${RUNS} requests to Python models answered alike, ${refused} of them refused\n`,
    );
  });
});
