import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { notFound, parseInferRequest, type SharedMemory } from '../../../src/kserve/index.ts';

const LIMIT = 64 * 1024 * 1024;
const unknownRegion = (region: string) => {
  throw notFound(`Unable to find shared memory region: '${region}'`);
};
const NO_MEMORY: SharedMemory = { read: unknownRegion, claim: unknownRegion };

function parse(json: unknown, binary = Buffer.alloc(0)) {
  const head = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json));
  return parseInferRequest(Buffer.concat([head, binary]), head.length, 'm', LIMIT, NO_MEMORY);
}

const input = (extra: object) => ({ inputs: [{ name: 'X', datatype: 'FP32', shape: [2], ...extra }] });

describe('parseInferRequest', () => {
  it('takes nested and flat data alike', () => {
    const flat = parse(
      '{"inputs":[{"name":"X","datatype":"INT64","shape":[2],"data":[9007199254740993,-9223372036854775808]}]}',
    );
    const nested = parse(
      '{"inputs":[{"name":"X","datatype":"INT64","shape":[2],"data":[[[9007199254740993]],-9223372036854775808]}]}',
    );
    expect(Buffer.from(flat.inputs[0]?.data ?? []).readBigInt64LE(0)).toBe(9007199254740993n);
    expect(Buffer.from(flat.inputs[0]?.data ?? []).readBigInt64LE(8)).toBe(-9223372036854775808n);
    expect(nested.inputs).toEqual(flat.inputs);
  });

  it('returns binary tensors as views of the body', () => {
    const head = Buffer.from(
      JSON.stringify({
        inputs: [
          { name: 'A', datatype: 'UINT8', shape: [2], parameters: { binary_data_size: 2 } },
          { name: 'B', datatype: 'UINT8', shape: [1], parameters: { binary_data_size: 1 } },
        ],
      }),
    );
    const body = Buffer.concat([head, Buffer.from([1, 2, 3])]);
    const { inputs } = parseInferRequest(body, head.length, 'm', LIMIT, NO_MEMORY);
    expect(inputs.map(({ data }) => [...data])).toEqual([[1, 2], [3]]);
    expect(inputs[0]?.data.buffer).toBe(body.buffer);
  });

  it('cuts narrow integers to their width and keeps NaN, infinities and -0.0', () => {
    const bytes = parse(
      '{"inputs":[{"name":"X","datatype":"INT8","shape":[3],"data":[300,-129,5000000000]}]}',
    );
    expect([...(bytes.inputs[0]?.data ?? [])]).toEqual([44, 127, 0]);
    const floats = parse(
      '{"inputs":[{"name":"X","datatype":"FP64","shape":[5],"data":[NaN,-Inf,Infinity,-0.0,-0]}]}',
    );
    const view = Buffer.from(floats.inputs[0]?.data ?? []);
    const read = [0, 8, 16, 24, 32].map((at) => view.readDoubleLE(at));
    expect(read).toEqual([Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, -0, 0]);
  });

  it('puts the byte length before each string, NUL and escapes included', () => {
    const { inputs } = parse(
      '{"inputs":[{"name":"X","datatype":"BYTES","shape":[2],"data":["ü","a\\u0000b"]}]}',
    );
    expect([...(inputs[0]?.data ?? [])]).toEqual([2, 0, 0, 0, 0xc3, 0xbc, 3, 0, 0, 0, 97, 0, 98]);
  });

  it.each<[unknown, number, string]>([
    [{}, 500, "Unable to parse 'inputs': attempt to access non-existing object member 'inputs'"],
    [{ inputs: 1 }, 500, "Unable to parse 'inputs': attempt to access JSON non-array as array"],
    [{ id: 1, inputs: [] }, 500, "Unable to parse 'id': attempt to access JSON non-string as string"],
    [
      { inputs: [{ data: [] }] },
      500,
      "Unable to parse 'name': attempt to access non-existing object member 'name'",
    ],
    [
      input({ shape: [-1], data: [] }),
      500,
      "Unable to parse 'shape': attempt to access JSON non-unsigned-integer as unsigned-integer",
    ],
    [
      input({}),
      400,
      "Input must set only one of the following fields: 'data', 'binary_data_size' in 'parameters', 'shared_memory_region' in 'parameters'. But no field is set",
    ],
    [input({ data: 1 }), 500, "Unable to parse 'data': attempt to access JSON non-array as array"],
    [input({ data: [1] }), 500, "Unable to parse 'data': Shape does not match true shape of 'data' field"],
    [
      input({ data: [1, 2, 3] }),
      500,
      "Unable to parse 'data': Shape does not match true shape of 'data' field",
    ],
    [input({ data: ['1', 2] }), 500, "Unable to parse 'data': attempt to access JSON non-number as double"],
    [input({ data: [{}, 2] }), 500, "Unable to parse 'data': attempt to access JSON non-number as double"],
    [
      input({ datatype: 'INT32', data: [1.5, 2] }),
      500,
      "Unable to parse 'data': attempt to access JSON non-signed-integer as signed-integer",
    ],
    [
      input({ datatype: 'FP16', data: [1, 2] }),
      400,
      'receiving FP16 data via JSON is not supported. Please use the binary data format for input X',
    ],
    [input({ datatype: 'FP99', data: [1, 2] }), 400, 'invalid datatype for input X'],
    [
      input({ parameters: { binary_data_size: 8 } }),
      400,
      "unexpected size for input 'X', expecting 8 additional bytes for model 'm'",
    ],
    [
      { parameters: { triton_x: 1 }, inputs: [] },
      400,
      "parameter keys starting with 'triton_' are reserved for Triton usage and should not be specified.",
    ],
    [
      { parameters: { x: null }, inputs: [] },
      400,
      "parameter 'x' has invalid type. It should be either 'int', 'bool', or 'string'.",
    ],
    [
      input({ shape: [4294967296, 4294967296], data: [] }),
      400,
      "invalid shape for input 'X': shape [4294967296,4294967296] causes total element count to exceed maximum size of 9223372036854775807",
    ],
    [
      input({ shape: [16777217], data: [1] }),
      400,
      "JSON input 'X' has a byte_size (67108868 bytes) that exceeds the maximum allowed value of 67108864 bytes. Use --http-max-input-size to increase the limit.",
    ],
  ])('answers %j as Triton does', (json, status, message) => {
    expect(() => parse(json)).toThrow(expect.objectContaining({ status, message }));
  });

  it('refuses tensors nested deeper than 100', () => {
    const data = `${'['.repeat(101)}1${']'.repeat(101)}`;
    expect(() => parse(`{"inputs":[{"name":"X","datatype":"FP32","shape":[1],"data":${data}}]}`)).toThrow(
      "Unable to parse 'data': JSON nesting depth exceeds maximum allowed limit (100)",
    );
  });

  it('reports bytes that no tensor declares', () => {
    expect(() => parse({ inputs: [] }, Buffer.from('x'))).toThrow(
      "unexpected additional input data for model 'm'",
    );
  });

  it('never fails with anything but a KServe error, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.json(), (bytes, json) => {
        for (const body of [Buffer.from(bytes), Buffer.from(json)])
          expect(() => parseInferRequest(body, body.length, 'm', LIMIT, NO_MEMORY)).toThrow(
            expect.objectContaining({ name: 'KServeError' }),
          );
      }),
    );
  });
});
