// What the real 2.51.0 does not survive, or is not ready any more after it.
import { ask, type FidelityCase, infer, input, post } from './case.ts';

const CLASSES = [{ name: 'OUTPUT0', parameters: { classification: 1 } }];

export const FATAL_CASES: readonly FidelityCase[] = [
  ask(
    'fatal: a dimension of 2^63 - 1 in JSON',
    infer(
      'identity_fp32',
      '{"inputs":[{"name":"INPUT0","datatype":"FP32","shape":[9223372036854775807],"data":[1,2]}]}',
    ),
  ),
  ask(
    'fatal: classification of no elements',
    infer('identity_fp32', { inputs: [input('INPUT0', 'FP32', [0], [])], outputs: CLASSES }),
  ),
  ask(
    'fatal: classification of strings',
    infer('identity_bytes', { inputs: [input('INPUT0', 'BYTES', [1], ['x'])], outputs: CLASSES }),
  ),
  ...['..', 'a..b', '.'].map((name) =>
    ask(`fatal: load of a model called ${name}`, post(`/v2/repository/models/${name}/load`)),
  ),
];
