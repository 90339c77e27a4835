import type { TensorFiles } from './tensor-files.ts';

// The frames of model workers. harness/models/wire.py is the other side and describes their layout: change both
// together.

const EXECUTE = 16;
export const RESPONSES = 17;
export const CALL = 18;
const ANSWER = 19;

const LENGTH_BYTES = 4;
const HEADER_BYTES = 12;
const RESPONSES_HEADER_BYTES = 20;
const ALIGNMENT = 8;
const RETURNED = 1;
const FAILED = 2;
/** Larger tensors are written separately instead of being copied into one buffer with the rest of the frame. */
const JOIN_BYTES = 65_536;
const NO_BYTES = new Uint8Array(0);

/** A tensor, its datatype as the number in Triton's C API; each BYTES element follows its length. */
export interface ModelTensor {
  readonly name: string;
  readonly datatype: number;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** A request without its tensors: id, correlation id, flags, timeout in microseconds, parameters as JSON text. */
export type RequestMeta = readonly [
  id: string,
  correlationId: number | string,
  flags: number,
  timeout: number,
  parameters: string,
];

/** One request of a batch. */
export interface BatchEntry {
  readonly number: number;
  readonly meta: RequestMeta;
  /** Undefined requests all outputs. */
  readonly outputs: readonly string[] | undefined;
  readonly inputs: readonly ModelTensor[];
}

/** An error, its code as the number in Triton's C API. */
export interface ModelError {
  readonly code: number;
  readonly message: string;
}

export interface ModelResponse {
  readonly error: ModelError | undefined;
  readonly parameters: Readonly<Record<string, string | number | boolean>> | undefined;
  /** Undefined if only the end of the responses is reported. */
  readonly outputs: readonly ModelTensor[] | undefined;
}

/** What follows a response: more responses, nothing, or the request again (an iterative sequence). */
export type ResponseFollows = 'more' | 'end' | 'again';

/** A response to the request with that number or, without a number, to all requests of the batch. */
export interface NumberedResponse {
  readonly number: number | undefined;
  readonly follows: ResponseFollows;
  readonly response: ModelResponse;
}

export interface ResponsesFrame {
  readonly responses: readonly NumberedResponse[];
  /** `execute` has returned; `milliseconds` were spent in it. */
  readonly returned: boolean;
  readonly failed: boolean;
  readonly milliseconds: number;
}

/** A request of a model to another model. */
export interface CallFrame {
  readonly call: number;
  readonly model: string;
  /** -1 leaves the choice to the version policy. */
  readonly version: number;
  readonly meta: RequestMeta;
  readonly outputs: readonly string[];
  readonly decoupled: boolean;
  readonly inputs: readonly ModelTensor[];
}

type TensorHead = readonly [
  name: string,
  datatype: number,
  shape: readonly number[],
  bytes: number,
  file?: string,
];
type ResponseHead = readonly [
  number: number | null,
  follows: 0 | 1 | 2,
  error: readonly [number, string] | null,
  parameters: Record<string, string | number | boolean> | null,
  outputs: readonly TensorHead[] | null,
];

const FOLLOWS: readonly ResponseFollows[] = ['more', 'end', 'again'];

/** Encodes a batch of requests as buffers to be written in order. */
export async function encodeExecute(
  batch: readonly BatchEntry[],
  files: TensorFiles | undefined,
): Promise<readonly Uint8Array[]> {
  const tensors = new TensorWriter(files);
  const head: unknown[] = [];
  for (const { number, meta, outputs, inputs } of batch) {
    const described: TensorHead[] = [];
    for (const input of inputs) {
      const added = tensors.add(input);
      described.push(added instanceof Promise ? await added : added);
    }
    head.push([number, meta, outputs ?? null, described]);
  }
  return tensors.frame(EXECUTE, head);
}

/** Encodes a response to a model's call. */
export async function encodeAnswer(
  call: number,
  follows: ResponseFollows,
  { error, outputs }: ModelResponse,
  files: TensorFiles | undefined,
): Promise<readonly Uint8Array[]> {
  const tensors = new TensorWriter(files);
  const described: TensorHead[] = [];
  for (const output of outputs ?? []) described.push(await tensors.add(output));
  const failed = error ? [error.code, error.message] : null;
  return tensors.frame(ANSWER, [call, follows === 'end' ? 1 : 0, failed, described]);
}

/** Reads a RESPONSES frame; returns a promise only if tensors are in files. */
export function decodeResponses(
  chunk: Buffer,
  at: number,
  end: number,
  files: TensorFiles | undefined,
): ResponsesFrame | Promise<ResponsesFrame> {
  const flags = chunk[at + 5] ?? 0;
  const headEnd = at + RESPONSES_HEADER_BYTES + chunk.readUInt32LE(at + 8);
  const head: readonly ResponseHead[] = JSON.parse(
    chunk.toString('latin1', at + RESPONSES_HEADER_BYTES, headEnd),
  );
  const reader = new TensorReader(chunk, headEnd, end, files);
  const responses = head.map(
    ([number, follows, error, parameters, outputs]): NumberedResponse => ({
      number: number ?? undefined,
      follows: FOLLOWS[follows] ?? 'end',
      response: {
        error: error ? { code: error[0], message: error[1] } : undefined,
        parameters: parameters ?? undefined,
        outputs: outputs?.map((output) => reader.take(output)),
      },
    }),
  );
  const frame = {
    responses,
    returned: (flags & RETURNED) !== 0,
    failed: (flags & FAILED) !== 0,
    milliseconds: chunk.readDoubleLE(at + 12),
  };
  return afterFiles(reader, frame);
}

/** Reads a CALL frame; returns a promise only if tensors are in files. */
export function decodeCall(
  chunk: Buffer,
  at: number,
  end: number,
  files: TensorFiles | undefined,
): CallFrame | Promise<CallFrame> {
  const headEnd = at + HEADER_BYTES + chunk.readUInt32LE(at + 8);
  const [call, model, version, id, correlationId, flags, timeout, parameters, outputs, decoupled, inputs] =
    JSON.parse(chunk.toString('latin1', at + HEADER_BYTES, headEnd));
  const reader = new TensorReader(chunk, headEnd, end, files);
  const frame: CallFrame = {
    call,
    model,
    version,
    meta: [id, correlationId, flags, timeout, parameters],
    outputs,
    decoupled,
    inputs: (inputs as readonly TensorHead[]).map((input) => reader.take(input)),
  };
  return afterFiles(reader, frame);
}

function afterFiles<T>(reader: TensorReader, value: T): T | Promise<T> {
  const waiting = reader.complete();
  return waiting ? waiting.then(() => value) : value;
}

/** Collects the bytes of tensors, which follow the head. */
class TensorWriter {
  readonly #files: TensorFiles | undefined;
  readonly #parts: Uint8Array[] = [];
  #size = 0;

  constructor(files: TensorFiles | undefined) {
    this.#files = files;
  }

  /** Returns the tensor's description for the head; a promise if the tensor is sent in a file. */
  add({ name, datatype, shape, data }: ModelTensor): TensorHead | Promise<TensorHead> {
    const size = data.byteLength;
    if (this.#files?.takes(size))
      return this.#files.write(data).then((file): TensorHead => [name, datatype, shape, size, file]);
    this.#parts.push(data);
    this.#size += size + padding(size);
    return [name, datatype, shape, size];
  }

  frame(kind: number, head: unknown): readonly Uint8Array[] {
    const text = Buffer.from(JSON.stringify(head));
    const dataAt = HEADER_BYTES + text.length + padding(HEADER_BYTES + text.length);
    const joined = this.#size <= JOIN_BYTES;
    const frame = Buffer.allocUnsafe(joined ? dataAt + this.#size : dataAt);
    frame.writeUInt32LE(dataAt + this.#size - LENGTH_BYTES, 0);
    frame.writeUInt32LE(kind, 4);
    frame.writeUInt32LE(dataAt - HEADER_BYTES, 8);
    frame.set(text, HEADER_BYTES);
    frame.fill(0x20, HEADER_BYTES + text.length, dataAt);
    if (!joined)
      return [frame, ...this.#parts.flatMap((part) => [part, new Uint8Array(padding(part.byteLength))])];
    let at = dataAt;
    for (const part of this.#parts) {
      frame.set(part, at);
      at += part.byteLength;
      const next = at + padding(part.byteLength);
      frame.fill(0, at, next);
      at = next;
    }
    return [frame];
  }
}

/** Reads tensors from a frame, in the order of its head. */
class TensorReader {
  readonly #chunk: Buffer;
  readonly #end: number;
  readonly #files: TensorFiles | undefined;
  readonly #waiting: Promise<void>[] = [];
  #at: number;

  constructor(chunk: Buffer, at: number, end: number, files: TensorFiles | undefined) {
    this.#chunk = chunk;
    this.#at = at;
    this.#end = end;
    this.#files = files;
  }

  take([name, datatype, shape, size, file]: TensorHead): ModelTensor {
    if (file !== undefined && this.#files) {
      const tensor = { name, datatype, shape, data: NO_BYTES as Uint8Array };
      const read = this.#files.read(file, size).then((data) => {
        tensor.data = data;
      });
      this.#waiting.push(read);
      return tensor;
    }
    const data = this.#chunk.subarray(this.#at, Math.min(this.#at + size, this.#end));
    this.#at += size + padding(size);
    return { name, datatype, shape, data };
  }

  /** Resolves when every file was read; undefined if there are none. */
  complete(): Promise<unknown> | undefined {
    return this.#waiting.length > 0 ? Promise.all(this.#waiting) : undefined;
  }
}

function padding(size: number): number {
  return -size & (ALIGNMENT - 1);
}
