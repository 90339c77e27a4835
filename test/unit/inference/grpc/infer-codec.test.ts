import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { decodeInferRequest, type InferParameter } from '../../../../src/inference/grpc/infer-message.ts';
import {
  type EncodedMessage,
  encodeInferResponse,
  encodeStreamResponse,
} from '../../../../src/inference/grpc/infer-response.ts';
import type { Datatype, ParameterValue } from '../../../../src/kserve/index.ts';
import { WireError } from '../../../../src/kserve/index.ts';

// The messages as protobufjs has them: an implementation that is not ours.
const PROTO = protobuf.parse(
  `syntax = "proto3";
  message InferParameter {
    oneof choice { bool bool_param = 1; int64 int64_param = 2; string string_param = 3; double double_param = 4; uint64 uint64_param = 5; }
  }
  message Contents {
    repeated bool bool_contents = 1; repeated int32 int_contents = 2; repeated int64 int64_contents = 3;
    repeated uint32 uint_contents = 4; repeated uint64 uint64_contents = 5; repeated float fp32_contents = 6;
    repeated double fp64_contents = 7; repeated bytes bytes_contents = 8;
  }
  message Unpacked { repeated int32 int_contents = 2 [packed = false]; repeated float fp32_contents = 6 [packed = false]; }
  message Input {
    string name = 1; string datatype = 2; repeated int64 shape = 3; map<string, InferParameter> parameters = 4; Contents contents = 5;
  }
  message UnpackedInput { string name = 1; repeated int64 shape = 3 [packed = false]; Unpacked contents = 5; }
  message Output { string name = 1; map<string, InferParameter> parameters = 2; }
  message Request {
    string model_name = 1; string model_version = 2; string id = 3; map<string, InferParameter> parameters = 4;
    repeated Input inputs = 5; repeated Output outputs = 6; repeated bytes raw_input_contents = 7;
  }
  message UnpackedRequest { repeated UnpackedInput inputs = 5; }
  message Response {
    string model_name = 1; string model_version = 2; string id = 3; map<string, InferParameter> parameters = 4;
    repeated Input outputs = 5; repeated bytes raw_output_contents = 6;
  }
  message StreamResponse { string error_message = 1; Response infer_response = 2; }`,
  { keepCase: true },
).root;

function encode(type: string, message: object): Buffer {
  const reflected = PROTO.lookupType(type);
  return Buffer.from(reflected.encode(reflected.fromObject(message)).finish());
}

/** What stands behind the frame, read back. */
function decode(type: string, message: EncodedMessage): Record<string, unknown> {
  const bytes = Buffer.concat(message);
  expect(bytes[0]).toBe(0);
  expect(bytes.readUInt32BE(1)).toBe(bytes.length - 5);
  const reflected = PROTO.lookupType(type);
  return reflected.toObject(reflected.decode(bytes.subarray(5)), { longs: String, bytes: String }) as Record<
    string,
    unknown
  >;
}

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const shape = fc.array(fc.integer({ min: -4, max: 2 ** 31 }), { maxLength: 4 });
const bytes = fc.uint8Array({ maxLength: 40 });
const parameter = fc.oneof(
  fc.boolean().map((value) => ({ kind: 'bool' as const, value, wire: { bool_param: value } })),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map((value) => ({ kind: 'int64' as const, value, wire: { int64_param: String(value) } })),
  fc
    .bigInt({ min: 0n, max: 2n ** 64n - 1n })
    .map((value) => ({ kind: 'uint64' as const, value, wire: { uint64_param: String(value) } })),
  text.map((value) => ({ kind: 'string' as const, value, wire: { string_param: value } })),
  fc
    .double({ noNaN: true })
    .map((value) => ({ kind: 'double' as const, value, wire: { double_param: value } })),
);
const key = fc
  .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 6 })
  .filter((it) => it !== '__proto__');
const parameters = fc.uniqueArray(fc.tuple(key, parameter), { maxLength: 3, selector: ([name]) => name });
type Parameters = readonly (readonly [string, { readonly wire: object } & InferParameter])[];
const toWire = (given: Parameters) => Object.fromEntries(given.map(([name, { wire }]) => [name, wire]));
const toPlain = (given: Parameters) =>
  new Map(given.map(([name, { wire: _wire, ...plain }]) => [name, plain]));

describe('a ModelInferRequest', () => {
  it('is read as another implementation wrote it', () => {
    const input = fc.record({ name: text, datatype: text, shape, parameters });
    const output = fc.record({ name: text, parameters });
    const request = fc.record({
      names: fc.tuple(text, text, text),
      parameters,
      inputs: fc.array(input, { maxLength: 3 }),
      outputs: fc.array(output, { maxLength: 3 }),
      raw: fc.array(bytes, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(
        request,
        ({ names: [model_name, model_version, id], parameters: given, inputs, outputs, raw }) => {
          const message = decodeInferRequest(
            encode('Request', {
              model_name,
              model_version,
              id,
              parameters: toWire(given),
              inputs: inputs.map((it) => ({ ...it, parameters: toWire(it.parameters) })),
              outputs: outputs.map((it) => ({ ...it, parameters: toWire(it.parameters) })),
              raw_input_contents: raw,
            }),
          );
          expect([message.modelName, message.modelVersion, message.id]).toEqual([
            model_name,
            model_version,
            id,
          ]);
          expect(message.parameters).toEqual(toPlain(given));
          expect(message.inputs).toEqual(
            inputs.map((it) => ({ ...it, parameters: toPlain(it.parameters), contents: undefined })),
          );
          expect(message.outputs).toEqual(
            outputs.map((it) => ({ ...it, parameters: toPlain(it.parameters) })),
          );
          expect(message.rawInputContents.map((it) => [...it])).toEqual(raw.map((it) => [...it]));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('has typed contents as the bytes of a tensor', () => {
    const contents = {
      bool_contents: [true, false],
      int_contents: [-1, 7],
      int64_contents: ['-9223372036854775808', 5],
      uint_contents: [4294967295],
      uint64_contents: ['18446744073709551615'],
      fp32_contents: [1.5, -2],
      fp64_contents: [0.1],
      bytes_contents: [Buffer.from('ab'), Buffer.alloc(0)],
    };
    const { inputs } = decodeInferRequest(encode('Request', { inputs: [{ name: 'A', contents }] }));
    const read = inputs[0]?.contents;
    const numbers = (array: ArrayBufferView) => [
      ...new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
    ];
    expect(Object.fromEntries([...(read ?? [])].map(([kind, data]) => [kind, [...data]]))).toEqual({
      bool: [1, 0],
      int: numbers(new Int32Array([-1, 7])),
      int64: numbers(new BigInt64Array([-(2n ** 63n), 5n])),
      uint: numbers(new Uint32Array([4294967295])),
      uint64: numbers(new BigUint64Array([2n ** 64n - 1n])),
      fp32: numbers(new Float32Array([1.5, -2])),
      fp64: numbers(new Float64Array([0.1])),
      bytes: [2, 0, 0, 0, 97, 98, 0, 0, 0, 0],
    });
  });

  it('may have its numbers one by one, and in several pieces', () => {
    const one = encode('UnpackedRequest', {
      inputs: [{ name: 'A', shape: [2, -1], contents: { int_contents: [-1, 2], fp32_contents: [1, 2] } }],
    });
    const [input] = decodeInferRequest(one).inputs;
    expect(input?.shape).toEqual([2, -1]);
    expect(input?.contents?.get('int')).toEqual(Buffer.from(new Int32Array([-1, 2]).buffer));
    expect(input?.contents?.get('fp32')).toEqual(Buffer.from(new Float32Array([1, 2]).buffer));
    const pieces = [[1], [2, 3]].map((values) =>
      encode('Contents', { fp32_contents: values, int_contents: values }),
    );
    const two = Buffer.concat(pieces.map((piece) => Buffer.from([0x2a, piece.length, ...piece])));
    const whole = Buffer.from([0x2a, two.length, ...two]);
    const read = decodeInferRequest(whole).inputs[0]?.contents;
    expect(read?.get('fp32')).toEqual(Buffer.from(new Float32Array([1, 2, 3]).buffer));
    expect(read?.get('int')).toEqual(Buffer.from(new Int32Array([1, 2, 3]).buffer));
  });

  it('may hold fields that nobody knows', () => {
    const known = encode('Request', { model_name: 'M' });
    const unknown = Buffer.from([0xf8, 0x06, 1, 0xf9, 0x06, 1, 2, 3, 4, 5, 6, 7, 8, 0xfa, 0x06, 1, 9]);
    const more = Buffer.from([0xfb, 0x06, 0x08, 1, 0xfc, 0x06, 0xfd, 0x06, 1, 2, 3, 4]);
    expect(decodeInferRequest(Buffer.concat([unknown, known, more])).modelName).toBe('M');
  });

  it.each([
    ['an endless number', [0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]],
    ['a text that is cut off', [0x0a, 5, 65]],
    ['a text that is not UTF-8', [0x0a, 1, 0xff]],
    ['the field 0', [0x02, 1, 65]],
    ['a wire type that does not exist', [0x0f]],
    ['a group that does not end', [0xfb, 0x06, 0x08, 1]],
    ['the end of a group that has not begun', [0xfc, 0x06]],
    ['half a float', [0x2a, 6, 0x2a, 4, 0x32, 2, 0, 0]],
  ])('is refused with %s', (_what, given) => {
    expect(() => decodeInferRequest(Buffer.from(given))).toThrow(WireError);
  });

  it('is read or refused, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (given) => {
        try {
          decodeInferRequest(Buffer.from(given));
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a ModelInferResponse', () => {
  const value: fc.Arbitrary<ParameterValue> = fc.oneof(
    fc.boolean(),
    text,
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double({ noNaN: true, noInteger: true }),
  );
  const tensor = fc.record({
    name: text,
    datatype: fc.constantFrom<Datatype>('FP32', 'BYTES', 'INT8'),
    shape: fc.array(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), { maxLength: 4 }),
    data: fc.oneof(
      bytes,
      // Large enough to leave as a piece of its own.
      fc.integer({ min: 65_530, max: 65_540 }).map((length) => new Uint8Array(length).fill(7)),
    ),
  });
  const response = fc.record({
    modelName: text,
    modelVersion: text,
    id: text,
    parameters: fc.uniqueArray(fc.tuple(key, value), { maxLength: 3, selector: ([name]) => name }),
    tensors: fc.array(tensor, { maxLength: 3 }),
  });

  it('is read by another implementation as it was meant', () => {
    fc.assert(
      fc.property(response, text, ({ parameters: given, tensors, ...names }, error) => {
        const outputs = tensors.map((it) => ({ tensor: it, data: it.data }));
        const message = { ...names, parameters: new Map(given), outputs };
        const expected = withoutDefaults({
          model_name: names.modelName,
          model_version: names.modelVersion,
          id: names.id,
          parameters: Object.fromEntries(given.map(([name, it]) => [name, parameterOf(it)])),
          outputs: tensors.map(({ name, datatype, shape: dims }) =>
            withoutDefaults({ name, datatype, shape: dims.map(String) }),
          ),
          raw_output_contents: tensors.map(({ data }) => Buffer.from(data).toString('base64')),
        });
        expect(decode('Response', encodeInferResponse(message))).toEqual(expected);
        expect(decode('StreamResponse', encodeStreamResponse(message, error))).toEqual({
          ...(error === '' ? {} : { error_message: error }),
          infer_response: expected,
        });
      }),
      { numRuns: 60 },
    );
  });

  it('leaves large tensors uncopied', () => {
    const data = new Uint8Array(100_000);
    const message = encodeInferResponse({
      modelName: 'M',
      modelVersion: '1',
      id: '',
      parameters: undefined,
      outputs: [{ tensor: { name: 'A', datatype: 'UINT8', shape: [100_000], data }, data }],
    });
    expect(message).toContain(data);
  });
});

function parameterOf(value: ParameterValue): object {
  if (typeof value === 'boolean') return { bool_param: value };
  if (typeof value === 'string') return { string_param: value };
  return typeof value === 'number' && !Number.isInteger(value)
    ? { double_param: value }
    : { int64_param: String(value) };
}

/** As proto3 leaves them out. */
function withoutDefaults(message: Readonly<Record<string, unknown>>): object {
  const isDefault = (value: unknown) =>
    value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(message).filter(([, value]) => !isDefault(value)));
}
