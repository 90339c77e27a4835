import { ProtobufFault, type ProtobufField, ProtobufFile } from './protobuf-file.ts';

/** The kind of a model's input or output: ONNX Runtime's name without `ONNX_TYPE_`. */
export type OnnxValueKind =
  | 'TENSOR'
  | 'SEQUENCE'
  | 'MAP'
  | 'OPAQUE'
  | 'SPARSETENSOR'
  | 'OPTIONAL'
  | 'UNKNOWN';

/** The metadata of an ONNX file, without tensors and nodes. */
export interface OnnxHeader {
  readonly irVersion: number;
  /** Versions of operator sets by domain; `''` is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Such as `pytorch 2.9.0`; empty if the file does not say. */
  readonly producer: string;
  readonly inputs: ReadonlyMap<string, OnnxValueKind>;
  readonly outputs: ReadonlyMap<string, OnnxValueKind>;
}

// Field numbers of onnx.proto.
const MODEL = { irVersion: 1, producerName: 2, producerVersion: 3, graph: 7, opsetImport: 8 };
const GRAPH = { input: 11, output: 12 };
const VALUE = { name: 1, type: 2 };
const OPSET = { domain: 1, version: 2 };
const KINDS: Readonly<Record<number, OnnxValueKind>> = {
  1: 'TENSOR',
  4: 'SEQUENCE',
  5: 'MAP',
  7: 'OPAQUE',
  8: 'SPARSETENSOR',
  9: 'OPTIONAL',
};

/**
 * Reads the metadata of an ONNX file.
 * @returns undefined for a file that is not an ONNX model
 * @throws the system's error if the file cannot be read
 */
export async function readOnnxHeader(path: string): Promise<OnnxHeader | undefined> {
  const file = await ProtobufFile.open(path);
  try {
    return await readModel(file);
  } catch (error) {
    if (error instanceof ProtobufFault) return undefined;
    throw error;
  } finally {
    await file[Symbol.asyncDispose]();
  }
}

async function readModel(file: ProtobufFile): Promise<OnnxHeader | undefined> {
  let irVersion = 0;
  let hasGraph = false;
  const producer: string[] = [];
  const opsets = new Map<string, number>();
  const inputs = new Map<string, OnnxValueKind>();
  const outputs = new Map<string, OnnxValueKind>();
  for await (const field of file.fields()) {
    if (field.number === MODEL.irVersion) irVersion = field.value;
    else if (field.number === MODEL.producerName || field.number === MODEL.producerVersion)
      producer.push(await file.text(field));
    else if (field.number === MODEL.opsetImport) {
      const { domain, version } = await readOpset(file, field);
      opsets.set(domain, version);
    } else if (field.number === MODEL.graph) {
      hasGraph = true;
      for await (const part of file.fields(field.start, field.end)) {
        if (part.number === GRAPH.input) await readValue(file, part, inputs);
        else if (part.number === GRAPH.output) await readValue(file, part, outputs);
      }
    }
  }
  if (!hasGraph || irVersion === 0) return undefined;
  return { irVersion, opsets, producer: producer.join(' ').trim(), inputs, outputs };
}

async function readOpset(file: ProtobufFile, { start, end }: ProtobufField) {
  let domain = '';
  let version = 0;
  for await (const field of file.fields(start, end)) {
    if (field.number === OPSET.domain) domain = await file.text(field);
    else if (field.number === OPSET.version) version = field.value;
  }
  // Both are names of ONNX's own operators.
  return { domain: domain === 'ai.onnx' ? '' : domain, version };
}

async function readValue(
  file: ProtobufFile,
  { start, end }: ProtobufField,
  values: Map<string, OnnxValueKind>,
): Promise<void> {
  let name = '';
  let kind: OnnxValueKind = 'UNKNOWN';
  for await (const field of file.fields(start, end)) {
    if (field.number === VALUE.name) name = await file.text(field);
    else if (field.number === VALUE.type)
      for await (const type of file.fields(field.start, field.end)) kind = KINDS[type.number] ?? kind;
  }
  values.set(name, kind);
}
