import type { ParameterValue, Tensor } from '../../kserve/index.ts';

/** A message ready to be sent: its first piece begins with the five bytes of gRPC's frame. */
export type EncodedMessage = readonly Uint8Array[];

/** One output of a response; those in shared memory have no bytes of their own. */
export interface ResponseTensor {
  readonly tensor: Tensor;
  readonly data: Uint8Array;
}

/** What a `ModelInferResponse` says. */
export interface InferResponseMessage {
  readonly modelName: string;
  readonly modelVersion: string;
  readonly id: string;
  readonly parameters: ReadonlyMap<string, ParameterValue> | undefined;
  readonly outputs: readonly ResponseTensor[];
}

/** A message of gRPC begins with a flag for compression and four bytes of length. */
export const FRAME_BYTES = 5;

/** Tensors from this size on are sent as they are; smaller ones are copied behind the rest, into one piece. */
const LARGE_BYTES = 64 * 1024;

/** Field numbers with the wire type of bytes. */
const RESPONSE = {
  modelName: 0x0a,
  modelVersion: 0x12,
  id: 0x1a,
  parameters: 0x22,
  outputs: 0x2a,
  raw: 0x32,
};
const OUTPUT = { name: 0x0a, datatype: 0x12, shape: 0x1a };
const ENTRY = { key: 0x0a, value: 0x12 };
const PARAMETER = { bool: 0x08, int64: 0x10, string: 0x1a, double: 0x21 };
const STREAM = { errorMessage: 0x0a, inferResponse: 0x12 };

/** Writes a `ModelInferResponse`: raw contents as Triton writes them, never typed ones. */
export function encodeInferResponse(response: InferResponseMessage): EncodedMessage {
  return new ResponseEncoder(response).encode();
}

/** The same within a `ModelStreamInferResponse`. @param error empty for a response that did not fail */
export function encodeStreamResponse(response: InferResponseMessage, error = ''): EncodedMessage {
  return new ResponseEncoder(response).encode({ error });
}

/** Computes the sizes first, so that one buffer takes everything but large tensors. */
class ResponseEncoder {
  readonly #response: InferResponseMessage;
  readonly #parameters: readonly Buffer[];
  readonly #size: number;
  #target: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(response: InferResponseMessage) {
    this.#response = response;
    this.#parameters = response.parameters ? [...response.parameters].map(encodeEntry) : [];
    const { modelName, modelVersion, id, outputs } = response;
    let size = textSize(modelName) + textSize(modelVersion) + textSize(id);
    for (const entry of this.#parameters) size += 1 + sizedBytes(entry.length);
    for (const { tensor, data } of outputs)
      size += 1 + sizedBytes(outputSize(tensor)) + 1 + sizedBytes(data.byteLength);
    this.#size = size;
  }

  /** @param stream what goes around the response on a stream */
  encode(stream?: { readonly error: string }): EncodedMessage {
    const around = stream ? textSize(stream.error) + 1 + varintSize(this.#size) : 0;
    const total = around + this.#size;
    let large = 0;
    for (const { data } of this.#response.outputs) if (isLarge(data)) large += data.byteLength;
    this.#target = Buffer.allocUnsafe(FRAME_BYTES + total - large);
    this.#at = this.#target.writeUInt32BE(total, this.#target.writeUInt8(0));
    if (stream) {
      this.#text(STREAM.errorMessage, stream.error);
      this.#key(STREAM.inferResponse, this.#size);
    }
    this.#write();
    return large === 0 ? [this.#target] : this.#pieces;
  }

  readonly #pieces: Uint8Array[] = [];

  #write(): void {
    const { modelName, modelVersion, id, outputs } = this.#response;
    this.#text(RESPONSE.modelName, modelName);
    this.#text(RESPONSE.modelVersion, modelVersion);
    this.#text(RESPONSE.id, id);
    for (const entry of this.#parameters) {
      this.#key(RESPONSE.parameters, entry.length);
      this.#bytes(entry);
    }
    for (const { tensor } of outputs) this.#output(tensor);
    let begun = 0;
    for (const { data } of outputs) {
      this.#key(RESPONSE.raw, data.byteLength);
      if (isLarge(data)) {
        this.#pieces.push(this.#target.subarray(begun, this.#at), data);
        begun = this.#at;
      } else this.#bytes(data);
    }
    if (begun < this.#at) this.#pieces.push(this.#target.subarray(begun, this.#at));
  }

  #output(tensor: Tensor): void {
    this.#key(RESPONSE.outputs, outputSize(tensor));
    this.#text(OUTPUT.name, tensor.name);
    this.#text(OUTPUT.datatype, tensor.datatype);
    if (tensor.shape.length === 0) return;
    this.#key(OUTPUT.shape, shapeSize(tensor.shape));
    for (const dim of tensor.shape) this.#at = writeVarint(this.#target, dim, this.#at);
  }

  /** As proto3 has it, an empty text is left out. */
  #text(key: number, text: string): void {
    if (text === '') return;
    this.#key(key, Buffer.byteLength(text));
    this.#at += this.#target.write(text, this.#at);
  }

  #key(key: number, length: number): void {
    this.#target[this.#at] = key;
    this.#at = writeVarint(this.#target, length, this.#at + 1);
  }

  #bytes(bytes: Uint8Array): void {
    this.#target.set(bytes, this.#at);
    this.#at += bytes.byteLength;
  }
}

function isLarge({ byteLength }: Uint8Array): boolean {
  return byteLength >= LARGE_BYTES;
}

function outputSize({ name, datatype, shape }: Tensor): number {
  return textSize(name) + textSize(datatype) + (shape.length === 0 ? 0 : 1 + sizedBytes(shapeSize(shape)));
}

function shapeSize(shape: readonly number[]): number {
  let size = 0;
  for (const dim of shape) size += varintSize(dim);
  return size;
}

function textSize(text: string): number {
  return text === '' ? 0 : 1 + sizedBytes(Buffer.byteLength(text));
}

/** Bytes with their length in front. */
function sizedBytes(length: number): number {
  return varintSize(length) + length;
}

/** An entry of the parameters. Triton has integers of 64 bits, texts, booleans and doubles. */
function encodeEntry([key, value]: readonly [string, ParameterValue]): Buffer {
  const parameter = encodeParameter(value);
  const keyBytes = Buffer.from(key);
  const target = Buffer.alloc(2 + sizedBytes(keyBytes.length) + sizedBytes(parameter.length));
  target[0] = ENTRY.key;
  let at = writeVarint(target, keyBytes.length, 1);
  at += keyBytes.copy(target, at);
  target[at] = ENTRY.value;
  at = writeVarint(target, parameter.length, at + 1);
  parameter.copy(target, at);
  return target;
}

function encodeParameter(value: ParameterValue): Buffer {
  if (typeof value === 'boolean') return Buffer.from([PARAMETER.bool, Number(value)]);
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    const target = Buffer.alloc(1 + sizedBytes(bytes.length));
    target[0] = PARAMETER.string;
    bytes.copy(target, writeVarint(target, bytes.length, 1));
    return target;
  }
  if (typeof value === 'number' && !Number.isInteger(value)) {
    const target = Buffer.alloc(9);
    target[0] = PARAMETER.double;
    target.writeDoubleLE(value, 1);
    return target;
  }
  const target = Buffer.alloc(11);
  target[0] = PARAMETER.int64;
  return target.subarray(0, writeBigVarint(target, BigInt.asUintN(64, BigInt(value)), 1));
}

/** @param value a whole number, at least 0 and exact */
function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size += 1;
  return size;
}

/** @returns where it ends */
function writeVarint(target: Buffer, value: number, start: number): number {
  let rest = value;
  let at = start;
  while (rest >= 128) {
    target[at] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
    at += 1;
  }
  target[at] = rest;
  return at + 1;
}

function writeBigVarint(target: Buffer, value: bigint, start: number): number {
  let rest = value;
  let at = start;
  for (; rest >= 128n; rest >>= 7n) {
    target[at] = Number(rest & 127n) | 128;
    at += 1;
  }
  target[at] = Number(rest);
  return at + 1;
}
