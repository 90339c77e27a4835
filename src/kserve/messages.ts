import type { Datatype } from './datatypes.ts';

/** The value of a request or model parameter. */
export type ParameterValue = string | number | bigint | boolean;

/** One received input: its bytes in the protocol's binary layout, as a view if it was sent binary. */
export interface InferInput {
  readonly name: string;
  /** As written in the request; not necessarily a known datatype. */
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** One requested output. */
export interface RequestedOutput {
  readonly name: string;
  readonly binary: boolean;
  /** Number of requested classes; 0 for the plain tensor. */
  readonly classification: number;
  /** The region of shared memory that receives the output instead of the answer. */
  readonly shared?: SharedMemoryTarget;
}

/** Regions of memory that a client shares with the server. */
export interface SharedMemory {
  /** Returns a copy of part of a region. @throws KServeError if there is no such part */
  read(region: string, offset: number, byteSize: number): Uint8Array;
  /** Returns part of a region, to write an output to. @throws KServeError if there is no such part */
  claim(region: string, offset: number, byteSize: number): SharedMemoryTarget;
}

export interface SharedMemoryTarget {
  readonly byteSize: number;
  write(data: Uint8Array): void;
}

/** The sequence that a request belongs to; an id of 0 or '' means none. */
export interface SequencePosition {
  readonly id: bigint | string;
  readonly start: boolean;
  readonly end: boolean;
}

export interface InferRequest {
  /** Empty if the client sent none. */
  readonly id: string;
  readonly inputs: readonly InferInput[];
  /** If empty, every output is requested. */
  readonly outputs: readonly RequestedOutput[];
  /** Encoding of outputs that the request does not name. */
  readonly binaryDataOutput: boolean;
  readonly priority: number;
  /** Microseconds; 0 for none. */
  readonly timeout: number;
  readonly sequence: SequencePosition;
  readonly parameters: ReadonlyMap<string, ParameterValue>;
  /** The whole body is one input; its name, shape and datatype come from the model's configuration. */
  readonly raw: boolean;
}

/** A tensor with its bytes in the protocol's binary layout (BYTES: each element after its 4-byte length). */
export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

/** `GET /v2/models/MODEL` */
export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}
