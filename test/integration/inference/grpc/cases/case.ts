import { deflateSync, gzipSync } from 'node:zlib';
import type { CallOptions } from '../../../../helpers/grpc-call.ts';
import { HEALTH_SERVICE, TRITON_SERVICE } from '../../../../helpers/grpc-interface.ts';

/** A call as it is sent: messages are encoded and framed, bytes are sent as they stand. */
export interface GrpcRequest extends CallOptions {
  /** `/SERVICE/METHOD` */
  readonly path: string;
  readonly body: readonly (object | Buffer)[];
  /** Compresses every message, and says so. */
  readonly encoding?: 'gzip' | 'deflate';
  /** Repeated until the answer, as JSON, is like this. */
  readonly until?: RegExp;
}

/** What both servers are asked, in order. */
export interface GrpcCase {
  /** `TOPIC: WHAT`, unique. */
  readonly name: string;
  readonly requests: readonly GrpcRequest[];
}

export const ask = (name: string, ...requests: GrpcRequest[]): GrpcCase => ({ name, requests });

/** A unary call of Triton's service. */
export function call(
  method: string,
  message: object | Buffer = {},
  options: Omit<Partial<GrpcRequest>, 'path' | 'body'> = {},
): GrpcRequest {
  return { path: `/${TRITON_SERVICE}/${method}`, body: [message], ...options };
}

export const health = (method: string, message: object = {}): GrpcRequest => ({
  path: `/${HEALTH_SERVICE}/${method}`,
  body: [message],
});

export const COMPRESS = { gzip: gzipSync, deflate: deflateSync };

export interface Inference {
  readonly inputs?: readonly object[];
  readonly outputs?: readonly object[];
  readonly raw?: readonly Uint8Array[];
  readonly parameters?: object;
  readonly id?: string;
  readonly version?: string;
}

/** A ModelInferRequest. */
export function inference(model: string, asked: Inference): object {
  const { inputs = [], outputs = [], raw = [], parameters = {}, id = '', version = '' } = asked;
  return {
    model_name: model,
    model_version: version,
    id,
    inputs,
    outputs,
    raw_input_contents: raw,
    parameters,
  };
}

export const infer = (model: string, asked: Inference, options = {}) =>
  call('ModelInfer', inference(model, asked), options);

/** An input; `contents` by their field, such as `{ fp32_contents: [1] }`. */
export function input(
  name: string,
  datatype: string,
  shape: readonly (number | string)[],
  contents?: object,
  parameters: object = {},
): object {
  return { name, datatype, shape, parameters, ...(contents && { contents }) };
}

export const output = (name: string, parameters: object = {}): object => ({ name, parameters });

export const floats = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);
export const ints = (...values: number[]) => Buffer.from(Int32Array.from(values).buffer);

/** Strings as a BYTES tensor. */
export function strings(...values: string[]): Buffer {
  return Buffer.concat(
    values.flatMap((value) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(Buffer.byteLength(value));
      return [length, Buffer.from(value)];
    }),
  );
}

/** An inference that succeeds. */
export const GOOD: Inference = { inputs: [input('INPUT0', 'FP32', [2])], raw: [floats(1, 2)] };
