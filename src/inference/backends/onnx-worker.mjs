// Entry of a worker thread that holds ONNX sessions. Messages in: {id, kind: 'load'|'select'|'run'|'dispose', session, …};
// out: {id, result} or {id, error}. `run` answers also say how long the model itself took.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { loadRuntime, OnnxSession } from './onnx-session.mjs';

const sessions = new Map();

/** Inputs of this size are worth being collected when the model has rested for a while; see `base/garbage.ts`. */
const LARGE_BYTES = 4 * 1024 * 1024;
const IDLE_MS = 3_000;
let timer;

function collectSoon() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
  }, IDLE_MS);
}

parentPort.on('message', (message) => {
  const { id } = message;
  try {
    const { result, transfer } = ACTIONS[message.kind](message);
    parentPort.postMessage({ id, result }, transfer);
  } catch (error) {
    parentPort.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
});

const ACTIONS = {
  load({ session, model, options }) {
    const runtime = loadRuntime(workerData.runtimePaths);
    if (!runtime) return { result: undefined, transfer: [] };
    const loaded = new OnnxSession(runtime, model, options);
    sessions.set(session, loaded);
    return { result: { inputs: loaded.inputs, outputs: loaded.outputs }, transfer: [] };
  },
  select({ session, names }) {
    sessions.get(session).select(names);
    return { result: true, transfer: [] };
  },
  run({ session, inputs }) {
    const start = process.hrtime.bigint();
    const outputs = sessions.get(session).run(inputs);
    if (inputs.some(({ data }) => data.byteLength >= LARGE_BYTES)) collectSoon();
    const runNs = Number(process.hrtime.bigint() - start);
    const transfer = [];
    for (const { data } of outputs)
      if (data instanceof Uint8Array && !transfer.includes(data.buffer)) transfer.push(data.buffer);
    return { result: { outputs, runNs }, transfer };
  },
  dispose({ session }) {
    sessions.get(session)?.dispose();
    sessions.delete(session);
    return { result: true, transfer: [] };
  },
};
