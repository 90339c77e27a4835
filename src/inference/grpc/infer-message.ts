import { BYTES, FIXED64, VARINT, WireReader } from '../../kserve/index.ts';
import { type TensorContents, TensorContentsReader } from './tensor-contents.ts';

/** The value of an `InferParameter`; `none` if the client set no field. */
export type InferParameter =
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int64' | 'uint64'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'double'; readonly value: number }
  | { readonly kind: 'none' };

export type InferParameters = ReadonlyMap<string, InferParameter>;

export interface InferInputMessage {
  readonly name: string;
  readonly datatype: string;
  /** May be negative. */
  readonly shape: readonly number[];
  readonly parameters: InferParameters;
  readonly contents: TensorContents | undefined;
}

export interface InferOutputMessage {
  readonly name: string;
  readonly parameters: InferParameters;
}

/** A `ModelInferRequest`; its raw contents are views of the received bytes. */
export interface InferMessage {
  readonly modelName: string;
  /** Empty for the newest. */
  readonly modelVersion: string;
  readonly id: string;
  readonly parameters: InferParameters;
  readonly inputs: readonly InferInputMessage[];
  readonly outputs: readonly InferOutputMessage[];
  readonly rawInputContents: readonly Uint8Array[];
}

const NO_PARAMETERS: InferParameters = new Map();

const field = (number: number, wireType: number) => (number << 3) | wireType;

/** Field numbers of the messages with their wire types. */
const REQUEST = {
  modelName: field(1, BYTES),
  modelVersion: field(2, BYTES),
  id: field(3, BYTES),
  parameters: field(4, BYTES),
  inputs: field(5, BYTES),
  outputs: field(6, BYTES),
  rawInputContents: field(7, BYTES),
} as const;
const INPUT = {
  name: field(1, BYTES),
  datatype: field(2, BYTES),
  shape: field(3, VARINT),
  packedShape: field(3, BYTES),
  parameters: field(4, BYTES),
  contents: field(5, BYTES),
} as const;
const OUTPUT = { name: field(1, BYTES), parameters: field(2, BYTES) } as const;
const ENTRY = { key: field(1, BYTES), value: field(2, BYTES) } as const;
const PARAMETER = {
  bool: field(1, VARINT),
  int64: field(2, VARINT),
  string: field(3, BYTES),
  double: field(4, FIXED64),
  uint64: field(5, VARINT),
} as const;

/**
 * Reads a `ModelInferRequest`. This is the hot path of the service; protobufjs would copy every tensor.
 * @throws WireError if the bytes are not a valid message
 */
export function decodeInferRequest(bytes: Buffer): InferMessage {
  const reader = new WireReader(bytes);
  let modelName = '';
  let modelVersion = '';
  let id = '';
  let parameters: Map<string, InferParameter> | undefined;
  const inputs: InferInputMessage[] = [];
  const outputs: InferOutputMessage[] = [];
  const rawInputContents: Uint8Array[] = [];
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    switch (tag) {
      case REQUEST.modelName:
        modelName = reader.string();
        break;
      case REQUEST.modelVersion:
        modelVersion = reader.string();
        break;
      case REQUEST.id:
        id = reader.string();
        break;
      case REQUEST.parameters:
        parameters ??= new Map();
        readEntry(reader.message(), parameters);
        break;
      case REQUEST.inputs:
        inputs.push(readInput(reader.message()));
        break;
      case REQUEST.outputs:
        outputs.push(readOutput(reader.message()));
        break;
      case REQUEST.rawInputContents:
        rawInputContents.push(reader.bytes());
        break;
      default:
        reader.skip(tag);
    }
  }
  return {
    modelName,
    modelVersion,
    id,
    parameters: parameters ?? NO_PARAMETERS,
    inputs,
    outputs,
    rawInputContents,
  };
}

function readInput(reader: WireReader): InferInputMessage {
  let name = '';
  let datatype = '';
  const shape: number[] = [];
  let parameters: Map<string, InferParameter> | undefined;
  let contents: TensorContentsReader | undefined;
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    switch (tag) {
      case INPUT.name:
        name = reader.string();
        break;
      case INPUT.datatype:
        datatype = reader.string();
        break;
      case INPUT.shape:
        shape.push(reader.int64AsNumber());
        break;
      case INPUT.packedShape: {
        const dims = reader.message();
        while (!dims.isAtEnd) shape.push(dims.int64AsNumber());
        break;
      }
      case INPUT.parameters:
        parameters ??= new Map();
        readEntry(reader.message(), parameters);
        break;
      case INPUT.contents:
        contents ??= new TensorContentsReader();
        contents.read(reader.message());
        break;
      default:
        reader.skip(tag);
    }
  }
  return {
    name,
    datatype,
    shape,
    parameters: parameters ?? NO_PARAMETERS,
    contents: contents?.finish(),
  };
}

function readOutput(reader: WireReader): InferOutputMessage {
  let name = '';
  let parameters: Map<string, InferParameter> | undefined;
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    if (tag === OUTPUT.name) name = reader.string();
    else if (tag === OUTPUT.parameters) {
      parameters ??= new Map();
      readEntry(reader.message(), parameters);
    } else reader.skip(tag);
  }
  return { name, parameters: parameters ?? NO_PARAMETERS };
}

function readEntry(reader: WireReader, parameters: Map<string, InferParameter>): void {
  let key = '';
  let value: InferParameter = { kind: 'none' };
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    if (tag === ENTRY.key) key = reader.string();
    else if (tag === ENTRY.value) value = readParameter(reader.message(), value);
    else reader.skip(tag);
  }
  parameters.set(key, value);
}

/** If several fields of the choice are set, the last one counts. */
function readParameter(reader: WireReader, before: InferParameter): InferParameter {
  let value = before;
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    switch (tag) {
      case PARAMETER.bool:
        value = { kind: 'bool', value: reader.bool() };
        break;
      case PARAMETER.int64:
        value = { kind: 'int64', value: reader.int64() };
        break;
      case PARAMETER.uint64:
        value = { kind: 'uint64', value: BigInt.asUintN(64, reader.int64()) };
        break;
      case PARAMETER.string:
        value = { kind: 'string', value: reader.string() };
        break;
      case PARAMETER.double:
        value = { kind: 'double', value: reader.double() };
        break;
      default:
        reader.skip(tag);
    }
  }
  return value;
}
