import { request, type WireRequest } from '../exchange.ts';

/** One thing that is asked of both servers: requests in order, each over a connection of its own. */
export interface FidelityCase {
  /** `TOPIC: WHAT`, unique. */
  readonly name: string;
  readonly requests: readonly WireRequest[];
}

export const ask = (name: string, ...requests: WireRequest[]): FidelityCase => ({ name, requests });

export const get = (target: string) => request('GET', target);

export const post = (
  target: string,
  body: string | Uint8Array = '',
  headers: Readonly<Record<string, string>> = {},
) => request('POST', target, body, headers);

/** An inference request with a JSON body: a text as it stands, or a value. */
export function infer(
  model: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): WireRequest {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return post(`/v2/models/${model}/infer`, text, headers);
}

/** An inference request with tensors behind its JSON. */
export function inferBinary(
  model: string,
  json: unknown,
  tensors: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): WireRequest {
  const head = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json));
  return post(`/v2/models/${model}/infer`, Buffer.concat([head, tensors]), {
    'Inference-Header-Content-Length': String(head.length),
    ...headers,
  });
}

export const input = (name: string, datatype: string, shape: readonly unknown[], data?: unknown) => ({
  name,
  datatype,
  shape,
  ...(data === undefined ? {} : { data }),
});

export const binaryInput = (name: string, datatype: string, shape: readonly unknown[], size: unknown) => ({
  name,
  datatype,
  shape,
  parameters: { binary_data_size: size },
});

export const floats = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);
export const ints = (...values: number[]) => Buffer.from(Int32Array.from(values).buffer);

/** Strings as a BYTES tensor. */
export function strings(...values: (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    values.flatMap((value) => {
      const content = Buffer.from(value as string);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(content.length);
      return [length, content];
    }),
  );
}
