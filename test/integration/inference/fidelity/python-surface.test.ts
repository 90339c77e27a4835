import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import type { ComparableAnswer } from './comparison.ts';
import { exchange, request } from './exchange.ts';
import { SURFACE_FILES } from './repositories/python-probe.ts';
import { ASYNC_SURFACE, FATAL_SURFACE, SURFACE } from './repositories/python-surface.ts';
import {
  askShared,
  infer,
  type SharedRepository,
  startOnSharedRepository,
  unloadShared,
} from './shared-repository.ts';

if (!realTriton) skipLoudly('the comparison of triton_python_backend_utils with the real one');

describe.skipIf(!realTriton)('what a Python model finds', () => {
  let pair: SharedRepository;

  beforeAll(async () => {
    pair = await startOnSharedRepository(realTriton ?? '', SURFACE_FILES, 'explicit');
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  describe.each(Object.entries(SURFACE))('%s', (_topic, expressions) => {
    it.each(expressions)('%s', (expression) => evaluatesAlike('probe', expression));
  });

  describe('in asynchronous models', () => {
    it.each(ASYNC_SURFACE)('%s', (expression) => evaluatesAlike('probe_async', expression));
  });

  it.each(FATAL_SURFACE)('%s: is survived, which the real one does not', async (expression) => {
    const { status } = await exchange(pair.ourPort, infer('probe', { inputs: [textInput(expression, 1)] }));
    expect(status).toBe(200);
  });

  describe('of a request', () => {
    it.each([
      [
        'ids and flags',
        { id: 'me', parameters: { sequence_id: 4, sequence_start: true, priority: 2, timeout: 9000 } },
      ],
      ['a string for a sequence', { parameters: { sequence_id: 'word', sequence_end: true } }],
      ['parameters', { parameters: { a: 1, b: 'x', c: true, d: -5, e: 9007199254740991, f: 1.5 } }],
      ['outputs', { outputs: [{ name: 'P' }] }],
      ['outputs out of order', { outputs: [{ name: 'P' }, { name: 'O' }] }],
    ])('%s', async (_what, more) => {
      const expression =
        '[r.request_id(), r.correlation_id(), r.flags(), r.parameters(), r.timeout(), sorted(r.requested_output_names())]';
      await evaluatesAlike('probe', expression, more);
    });

    it.each([1, 3, 8, 9])('a batch of %i', async (size) => {
      await evaluatesAlike('probe', '[t.shape() for t in r.inputs()], len(requests)', {}, size);
    });

    it('an optional input', async () => {
      const expression = '[(t.name(), t.shape(), t.as_numpy().tolist()) for t in r.inputs()]';
      const optional = { name: 'X', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] };
      await evaluatesAlike('probe', expression, { inputs: [textInput(expression, 1), optional] });
    });
  });

  async function evaluatesAlike(
    model: string,
    expression: string,
    more: object = {},
    size = 1,
  ): Promise<void> {
    const [real, ours] = await askShared(
      pair,
      infer(model, { inputs: [textInput(expression, size)], ...more }),
    );
    const isDead = real.body.includes('is not healthy');
    // The real server does not start a process again that has died, unless the model is loaded anew.
    if (isDead) {
      await unloadShared(pair, model);
      await askShared(pair, request('POST', `/v2/repository/models/${model}/load`));
    }
    expect(isDead).toBe(false);
    expect(evaluated(ours)).toEqual(evaluated(real));
  }
});

const textInput = (expression: string, size: number) => ({
  name: 'I',
  datatype: 'BYTES',
  shape: [size, 1],
  data: Array.from({ length: size }, () => expression),
});

/** Addresses and the length that they change are nobody's promise. */
function evaluated({ status, body }: ComparableAnswer): object {
  return { status, body: body.replace(/0x[0-9a-f]+/g, '0x0') };
}
