// The classification extension (docs/reference/triton.md#classification).
import { ask, binaryInput, type FidelityCase, floats, infer, inferBinary, input } from './case.ts';

const CLASSIFIED: readonly (readonly [
  what: string,
  model: string,
  datatype: string,
  shape: number[],
  data: unknown,
  count: number,
])[] = [
  ['top 1', 'batch_fp32', 'FP32', [1, 4], [1, 4, 2, 3], 1],
  ['top 3 with labels missing and quoted', 'batch_fp32', 'FP32', [1, 4], [1, 2, 4, 3], 3],
  ['more than there are', 'batch_fp32', 'FP32', [1, 4], [1, 4, 2, 3], 9],
  ['of a batch', 'batch_fp32', 'FP32', [2, 4], [1, 4, 2, 3, 9, 8, 7, 6], 2],
  ['of fractions', 'batch_fp32', 'FP32', [1, 4], [0.1, -0.25, 1e10, 1e-9], 4],
  ['of huge numbers', 'batch_fp32', 'FP32', [1, 4], [1e30, 3e38, -1e30, 123456789], 4],
  ['without labels', 'identity_fp32', 'FP32', [3], [3, 1, 2], 2],
  ['of integers', 'identity_int32', 'INT32', [3], [-3, 1, 2], 3],
  ['of UINT8', 'identity_uint8', 'UINT8', [3], [200, 1, 2], 3],
  ['of INT64', 'identity_int64', 'INT64', [2], [1, 2], 2],
  ['of UINT64', 'identity_uint64', 'UINT64', [2], [1, 2], 2],
  ['of FP64', 'identity_fp64', 'FP64', [3], [0.1, 1e300, -5e-324], 3],
  ['of INT8', 'identity_int8', 'INT8', [2], [-1, 2], 2],
  ['of BOOL', 'identity_bool', 'BOOL', [2], [true, false], 1],
];

export const CLASSIFICATION_CASES: readonly FidelityCase[] = [
  ...CLASSIFIED.map(([what, model, datatype, shape, data, count]) =>
    ask(
      `classification: ${what}`,
      infer(model, {
        inputs: [input('INPUT0', datatype, shape, data)],
        outputs: [{ name: 'OUTPUT0', parameters: { classification: count } }],
      }),
    ),
  ),
  ask(
    'classification: of FP16',
    inferBinary(
      'identity_fp16',
      {
        inputs: [binaryInput('INPUT0', 'FP16', [1], 2)],
        outputs: [{ name: 'OUTPUT0', parameters: { classification: 1 } }],
      },
      Buffer.from([0, 60]),
    ),
  ),
  ask(
    'classification: of NaN and infinities',
    inferBinary(
      'batch_fp32',
      {
        inputs: [binaryInput('INPUT0', 'FP32', [1, 4], 16)],
        outputs: [{ name: 'OUTPUT0', parameters: { classification: 4 } }],
      },
      floats(Number.POSITIVE_INFINITY, 1, Number.NEGATIVE_INFINITY, 2),
    ),
  ),
];
