// Reads the tensors that ONNX keeps its node tests in (TensorProto of onnx.proto).
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import type { Datatype } from '../../../../src/kserve/index.ts';
import { strings } from './cases/case.ts';

export interface StoredTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** As on the wire. */
  readonly data: Buffer;
}

const TensorProto = protobuf
  .parse(
    `syntax = "proto2";
    message TensorProto {
      repeated int64 dims = 1;
      optional int32 data_type = 2;
      repeated int32 int32_data = 5 [packed = true];
      repeated bytes string_data = 6;
      optional string name = 8;
      optional bytes raw_data = 9;
    }`,
    { keepCase: true },
  )
  .root.lookupType('TensorProto');

const DATATYPES = new Map<number, Datatype>([
  [1, 'FP32'],
  [2, 'UINT8'],
  [3, 'INT8'],
  [4, 'UINT16'],
  [5, 'INT16'],
  [6, 'INT32'],
  [7, 'INT64'],
  [8, 'BYTES'],
  [9, 'BOOL'],
  [10, 'FP16'],
  [11, 'FP64'],
  [12, 'UINT32'],
  [13, 'UINT64'],
]);

/** @throws Error for what the protocol has no datatype for */
export function readStoredTensor(file: string): StoredTensor {
  const message = TensorProto.decode(readFileSync(file));
  const { name, dims, data_type, int32_data, raw_data, string_data } = TensorProto.toObject(message, {
    longs: Number,
    defaults: true,
    arrays: true,
  }) as StoredMessage;
  const datatype = DATATYPES.get(data_type);
  if (!datatype) throw new Error(`${file} holds elements of type ${data_type}`);
  if (int32_data.length > 0 && datatype !== 'INT16') throw new Error(`${file} holds ${datatype} otherwise`);
  const raw = int32_data.length > 0 ? new Uint8Array(Int16Array.from(int32_data).buffer) : raw_data;
  const data = datatype === 'BYTES' ? strings(...string_data) : Buffer.from(raw);
  return { name, datatype, shape: dims, data };
}

interface StoredMessage {
  readonly name: string;
  readonly dims: number[];
  readonly data_type: number;
  readonly int32_data: number[];
  readonly raw_data: Uint8Array;
  readonly string_data: Uint8Array[];
}

const READERS: Partial<
  Record<Datatype, readonly [width: number, read: (data: Buffer, at: number) => number]>
> = {
  FP32: [4, (data, at) => data.readFloatLE(at)],
  FP64: [8, (data, at) => data.readDoubleLE(at)],
  FP16: [2, (data, at) => half(data.readUInt16LE(at))],
};

/** Floating point numbers are the same within `rtol` and `atol` of onnx's own runner, all else to the bit. */
export function sameTensor(expected: StoredTensor, given: Buffer): boolean {
  const reader = READERS[expected.datatype];
  if (!reader || expected.data.length !== given.length) return expected.data.equals(given);
  const [width, read] = reader;
  for (let at = 0; at < given.length; at += width) {
    const [wanted, got] = [read(expected.data, at), read(given, at)];
    const close = Math.abs(got - wanted) <= 1e-7 + 1e-3 * Math.abs(wanted);
    if (!close && !Object.is(got, wanted) && got !== wanted) return false;
  }
  return true;
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
