import type { Datatype } from './datatypes.ts';

/** A request or model parameter as the protocol knows them. */
export type ParameterValue = string | number | bigint | boolean;

/** One input as it came: its bytes in the protocol's binary layout, a view where it came binary. */
export interface InferInput {
  readonly name: string;
  /** As written in the request, which may be no datatype at all. */
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** One output that the request names. */
export interface RequestedOutput {
  readonly name: string;
  readonly binary: boolean;
  /** Number of classes asked for; 0 for the plain tensor. */
  readonly classification: number;
  /** Where the output goes in place of the answer. */
  readonly shared?: SharedMemoryTarget;
}

/** Regions of memory that a client shares with the server. */
export interface SharedMemory {
  /** A copy of a part of a region. @throws KServeError where there is no such part */
  read(region: string, offset: number, byteSize: number): Uint8Array;
  /** A part of a region to write an output to. @throws KServeError where there is no such part */
  claim(region: string, offset: number, byteSize: number): SharedMemoryTarget;
}

export interface SharedMemoryTarget {
  readonly byteSize: number;
  write(data: Uint8Array): void;
}

/** Where a request belongs; an id of 0 or '' stands for no sequence. */
export interface SequencePosition {
  readonly id: bigint | string;
  readonly start: boolean;
  readonly end: boolean;
}

export interface InferRequest {
  /** Empty when the client sent none. */
  readonly id: string;
  readonly inputs: readonly InferInput[];
  /** Empty asks for every output. */
  readonly outputs: readonly RequestedOutput[];
  /** Encoding of outputs that are not named. */
  readonly binaryDataOutput: boolean;
  readonly priority: number;
  /** Microseconds; 0 for none. */
  readonly timeout: number;
  readonly sequence: SequencePosition;
  readonly parameters: ReadonlyMap<string, ParameterValue>;
  /** The whole body is one input whose name, shape and datatype the model's configuration gives. */
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
