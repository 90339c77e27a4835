import fc from 'fast-check';
import { request, type WireRequest } from './exchange.ts';

/** How many requests are sent, by the kind of models. */
export const GENERATED_REQUESTS = { onnx: 2_000, python: 1_000 };

interface Shaped {
  readonly name: string;
  readonly datatype: string;
  readonly shapes: readonly (readonly number[])[];
}

interface AskedModel {
  /** Each with shapes that suit it; others come in by chance. */
  readonly inputs: readonly Shaped[];
  readonly outputs: readonly string[];
}

export type AskedModels = Readonly<Record<string, AskedModel>>;

const ONNX_INPUTS: Readonly<Record<string, readonly Shaped[]>> = {
  identity_fp32: [{ name: 'INPUT0', datatype: 'FP32', shapes: [[1], [3], [0]] }],
  identity_int8: [{ name: 'INPUT0', datatype: 'INT8', shapes: [[1], [4]] }],
  identity_bytes: [{ name: 'INPUT0', datatype: 'BYTES', shapes: [[1], [2]] }],
  identity_bool: [{ name: 'INPUT0', datatype: 'BOOL', shapes: [[2]] }],
  batch_fp32: [
    {
      name: 'INPUT0',
      datatype: 'FP32',
      shapes: [
        [1, 4],
        [3, 4],
        [8, 4],
      ],
    },
  ],
  add_sub: [
    {
      name: 'INPUT0',
      datatype: 'INT32',
      shapes: [
        [1, 3],
        [2, 3],
      ],
    },
    {
      name: 'INPUT1',
      datatype: 'INT32',
      shapes: [
        [1, 3],
        [2, 3],
      ],
    },
  ],
  two_variable: [
    {
      name: 'INPUT0',
      datatype: 'FP32',
      shapes: [
        [1, 2, 1],
        [2, 2, 3],
      ],
    },
  ],
  optional_input: [
    { name: 'INPUT0', datatype: 'FP32', shapes: [[2]] },
    { name: 'INPUT1', datatype: 'FP32', shapes: [[2]] },
  ],
  reshaped: [{ name: 'INPUT0', datatype: 'INT32', shapes: [[4]] }],
};
const ONNX_OUTPUTS = ['OUTPUT0', 'OUTPUT1'];

/** ONNX models of the suite. */
export const ONNX_MODELS: AskedModels = Object.fromEntries(
  Object.entries(ONNX_INPUTS).map(([name, inputs]) => [name, { inputs, outputs: ONNX_OUTPUTS }]),
);

const matrix = (name: string, datatype = 'FP32'): Shaped => ({
  name,
  datatype,
  shapes: [
    [1, 2],
    [2, 2],
    [4, 2],
  ],
});

const rows = (inputs: readonly string[], outputs: readonly string[], datatype?: string): AskedModel => ({
  inputs: inputs.map((name) => matrix(name, datatype)),
  outputs,
});

/** Python models and ensembles of the suite's shared repository. */
export const PYTHON_MODELS: AskedModels = {
  add1: rows(['X'], ['Y']),
  sum2: rows(['A', 'B'], ['Z']),
  maybe: rows(['X', 'O'], ['Y']),
  two_out: rows(['X'], ['Y', 'W']),
  words: rows(['X'], ['Y']),
  numbers: rows(['X'], ['Y'], 'BYTES'),
  unbatched: { inputs: [{ name: 'X', datatype: 'FP32', shapes: [[2]] }], outputs: ['Y'] },
  e_chain: rows(['I'], ['R']),
  e_parallel: rows(['I'], ['R', 'N', 't', 'u']),
  e_two_inputs: rows(['I', 'J'], ['R']),
  e_optional_input: rows(['I', 'J'], ['R']),
  e_words: rows(['I'], ['R']),
  e_output_read_on: rows(['I'], ['R', 'S', 't']),
  e_two_branches: rows(['I', 'J'], ['R', 'S']),
  e_nested: rows(['I'], ['R']),
};

const WIDTHS: Readonly<Record<string, number>> = { FP32: 4, INT8: 1, BOOL: 1, INT32: 4, FP16: 2, INT64: 8 };

/** Mostly `usual`, now and then something else. */
const mostly = <T, U>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<U>, weight = 40): fc.Arbitrary<T | U> =>
  fc.oneof({ arbitrary: usual, weight }, { arbitrary: other, weight: 1 });

const oddValue = fc.constantFrom<unknown>(null, true, 1, -1, 1.5, 'x', [], {}, [1], { a: 1 });

function element(datatype: string): fc.Arbitrary<unknown> {
  if (datatype === 'BYTES')
    return fc.string({ unit: 'grapheme', maxLength: 6 }).filter((text) => !text.includes('\0'));
  if (datatype === 'BOOL') return fc.boolean();
  if (datatype === 'FP32') return fc.float({ noNaN: true, noDefaultInfinity: true });
  return fc.integer({ min: -1_000, max: 1_000 });
}

const count = (shape: readonly number[]) => shape.reduce((product, dim) => product * dim, 1);

interface GeneratedInput {
  readonly json: unknown;
  readonly binary: Buffer;
}

function generatedInput({ name, datatype, shapes }: Shaped): fc.Arbitrary<GeneratedInput> {
  const heads = fc.record({
    name: mostly(fc.constant(name), fc.constantFrom('OTHER', 'INPUT1', ''), 60),
    datatype: mostly(
      fc.constant(datatype),
      fc.constantFrom('FP32', 'INT64', 'BYTES', 'FP16', 'fp32', ''),
      25,
    ),
    shape: mostly(
      fc.constantFrom(...shapes),
      fc
        .array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 })
        // An empty input among others is refused here and let through there: see docs/fidelity.md.
        .filter((shape) => shape.length < 2 || shape[0] !== 0),
    ),
    binary: fc.boolean(),
    extra: mostly(fc.constant(0), fc.integer({ min: -2, max: 2 }), 60),
  });
  return heads.chain((head) => {
    const elements = Math.max(0, count(head.shape) + head.extra);
    const usual = mostly(element(datatype), oddValue, 200);
    return fc.array(usual, { minLength: elements, maxLength: elements }).map((values) => {
      const { name: called, datatype: type, shape } = head;
      const width = WIDTHS[type];
      if (!head.binary || width === undefined)
        return { json: { name: called, datatype: type, shape, data: values }, binary: Buffer.alloc(0) };
      const binary = Buffer.alloc(Math.max(0, count(shape) * width + head.extra), 1);
      const parameters = { binary_data_size: binary.length };
      return { json: { name: called, datatype: type, shape, parameters }, binary };
    });
  });
}

const generatedOutput = (outputs: readonly string[]) =>
  fc.record(
    {
      name: mostly(fc.constantFrom(...outputs), fc.constantFrom<unknown>('OTHER', 1, '')),
      parameters: mostly(
        fc.record({ binary_data: mostly(fc.boolean(), oddValue) }, { requiredKeys: [] }),
        oddValue,
      ),
    },
    { requiredKeys: ['name'] },
  );

const parameters = fc.record(
  {
    binary_data_output: mostly(fc.boolean(), oddValue),
    priority: mostly(fc.nat(5), oddValue),
    timeout: mostly(fc.constant(10_000_000), oddValue),
    sequence_id: mostly(fc.nat(5), oddValue),
    custom: mostly(fc.constantFrom<unknown>(1, 'x', true), oddValue),
    triton_reserved: mostly(fc.constant(undefined), fc.constant(1)),
  },
  { requiredKeys: [] },
);

/** An inference request to one of the models, valid or with mistakes in any of its parts. */
export function generatedRequest(models: AskedModels): fc.Arbitrary<WireRequest> {
  return fc
    .constantFrom(...Object.entries(models))
    .chain(([model, asked]) =>
      fc.record({
        model: fc.constant(model),
        inputs: mostly(
          fc.tuple(...asked.inputs.map(generatedInput)) as fc.Arbitrary<GeneratedInput[]>,
          fc.array(generatedInput({ name: 'INPUT0', datatype: 'FP32', shapes: [[1], [1, 4]] }), {
            maxLength: 3,
          }),
        ),
        id: fc.option(
          mostly(
            fc.string({ maxLength: 8 }).filter((text) => !text.includes('\0')),
            oddValue,
          ),
          { nil: undefined, freq: 2 },
        ),
        outputs: fc.option(mostly(fc.array(generatedOutput(asked.outputs), { maxLength: 3 }), oddValue), {
          nil: undefined,
          freq: 2,
        }),
        parameters: fc.option(mostly(parameters, oddValue), { nil: undefined, freq: 2 }),
        headerError: mostly(fc.constant(0), fc.integer({ min: -3, max: 3 }), 60),
        tail: mostly(fc.constant(0), fc.integer({ min: 1, max: 3 }), 60),
        accept: fc.constantFrom('', 'gzip', 'deflate;q=0.3'),
      }),
    )
    .map(({ model, inputs, id, outputs, parameters: given, headerError, tail, accept }) => {
      const json = Buffer.from(
        JSON.stringify({ id, parameters: given, inputs: inputs.map((input) => input.json), outputs }),
      );
      const binary = Buffer.concat([...inputs.map((input) => input.binary), Buffer.alloc(tail)]);
      const length = String(json.length + headerError);
      const headers: Record<string, string> = {};
      if (binary.length > 0 || headerError !== 0) headers['Inference-Header-Content-Length'] = length;
      if (accept !== '') headers['Accept-Encoding'] = accept;
      return request('POST', `/v2/models/${model}/infer`, Buffer.concat([json, binary]), headers);
    });
}
