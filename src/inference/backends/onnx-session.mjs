// Runs ONNX models with the native half of onnxruntime-node. Plain JavaScript, so that a worker thread can start it
// from the source tree and from the bundle alike; types are in onnx-session.d.mts.
import { createRequire } from 'node:module';
import path from 'node:path';

/** ONNX's element types (TensorProto.DataType) by number, as onnxruntime-node and Triton call them. */
const TYPES = {
  1: ['float32', 'FP32', Float32Array],
  2: ['uint8', 'UINT8', Uint8Array],
  3: ['int8', 'INT8', Int8Array],
  4: ['uint16', 'UINT16', Uint16Array],
  5: ['int16', 'INT16', Int16Array],
  6: ['int32', 'INT32', Int32Array],
  7: ['int64', 'INT64', BigInt64Array],
  8: ['string', 'STRING', Array],
  9: ['bool', 'BOOL', Uint8Array],
  10: ['float16', 'FP16', Uint16Array],
  11: ['float64', 'FP64', Float64Array],
  12: ['uint32', 'UINT32', Uint32Array],
  13: ['uint64', 'UINT64', BigUint64Array],
};
const BY_NAME = new Map(Object.values(TYPES).map(([name, triton, array]) => [triton, { name, array }]));

let runtime;

/** Finds onnxruntime-node below the first of the folders that has it; undefined where none has. */
export function loadRuntime(runtimePaths) {
  runtime ??= findRuntime(runtimePaths);
  return runtime;
}

function findRuntime(runtimePaths) {
  for (const folder of runtimePaths) {
    const require = createRequire(path.join(folder, 'package.json'));
    let main;
    try {
      main = require.resolve('onnxruntime-node');
    } catch {
      continue;
    }
    const { Tensor } = require(main);
    const { binding, initOrt } = require(path.join(path.dirname(main), 'binding.js'));
    initOrt();
    return { Tensor, InferenceSession: binding.InferenceSession };
  }
  return undefined;
}

/** One session: loads in the constructor, runs at once on the calling thread. */
export class OnnxSession {
  #session;
  #Tensor;
  #fetches;

  /** @param model the model file's path, or its bytes */
  constructor({ Tensor, InferenceSession }, model, options) {
    this.#Tensor = Tensor;
    this.#session = new InferenceSession();
    if (typeof model === 'string') this.#session.loadModel(model, options);
    else this.#session.loadModel(model.buffer, model.byteOffset, model.byteLength, options);
    this.inputs = this.#session.inputMetadata.map(describe);
    this.outputs = this.#session.outputMetadata.map(describe);
    this.select(this.outputs.map(({ name }) => name));
  }

  /** Names the outputs that `run` computes. */
  select(names) {
    this.#fetches = Object.fromEntries(names.map((name) => [name, null]));
  }

  /** Takes and gives `{name, type, dims, data}`, `type` as in `TYPE_<type>`, `data` bytes or, for STRING, strings. */
  run(inputs) {
    const feeds = {};
    for (const { name, type, dims, data } of inputs) feeds[name] = this.#tensor(type, dims, data);
    const results = this.#session.run(feeds, this.#fetches, RUN_OPTIONS);
    const outputs = [];
    for (const name in results) {
      const { type, dims, data } = results[name];
      outputs.push({ name, type, dims, data: type === 'string' ? data : bytesOf(data) });
    }
    return outputs;
  }

  #tensor(type, dims, data) {
    const { name, array } = BY_NAME.get(type);
    if (array === Array) return new this.#Tensor(name, data, dims);
    const width = array.BYTES_PER_ELEMENT;
    const aligned = data.byteOffset % width === 0 ? data : new Uint8Array(data);
    return new this.#Tensor(
      name,
      new array(aligned.buffer, aligned.byteOffset, aligned.byteLength / width),
      dims,
    );
  }

  dispose() {
    this.#session.dispose();
  }
}

// Failures come back as exceptions; without this they would also be printed over whatever is on the terminal.
const RUN_OPTIONS = { logSeverityLevel: 4 };

function describe({ name, isTensor, type, shape }) {
  const known = isTensor ? TYPES[type] : undefined;
  return { name, type: known ? known[1] : undefined, shape: isTensor ? [...shape] : undefined };
}

function bytesOf(data) {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
