import { messageOf } from '../../base/index.ts';
import {
  datatypeOfConfig,
  invalidArgument,
  joinBytesTensor,
  splitBytesTensor,
  type Tensor,
} from '../../kserve/index.ts';
import type { ModelConfig } from '../../repository/index.ts';
import { batchLayoutOf } from '../scheduling/batch-layout.ts';
import type { BackendModel, ModelInstance } from './backend.ts';
import type { LoadedFile } from './loaded-file.ts';
import { onnxRunError } from './onnx-error.ts';
import { loadRuntime, OnnxSession, type SessionOptions, type SessionTensor } from './onnx-session.mjs';
import type { LoadedSession, OnnxThread, RunResult } from './onnx-thread.ts';
import { type Execution, type ExecutionResult, tensorInstance } from './tensor-instance.ts';

export interface ThreadSession {
  readonly thread: OnnxThread;
  readonly session: number;
}

interface ModelSource {
  readonly runtimePaths: readonly string[];
  readonly file: LoadedFile;
  /** Values of the inputs that a request may omit. */
  readonly defaults: readonly SessionTensor[];
  readonly options: SessionOptions;
  /** Opens another session on a live thread. */
  readonly reopen: () => Promise<ThreadSession>;
}

// A run this short costs less than waking another thread, so the model also gets a session on this thread. The limits
// keep the event loop free: only models kept in memory, only small inputs, and never again once runs prove slow.
const INLINE_INPUT_BYTES = 64 * 1024;
const INLINE_RUN_NS = 200_000;
const INLINE_LIMIT_NS = 4_000_000;
const INLINE_SLOW_RUNS = 4;
const INLINE_STALL_NS = 100_000_000;
const INLINE_AFTER_RUNS = 8;

/** One version of an ONNX model: a session per instance and, for tiny models, one on the serving thread. */
export class OnnxModel implements BackendModel {
  readonly config: ModelConfig;
  readonly instances: readonly ModelInstance[];
  readonly returnsStates = true;
  /** By instance. */
  readonly #sessions: ThreadSession[];
  readonly #source: ModelSource;
  readonly #scalars: ReadonlySet<string>;
  #inline: OnnxSession | undefined;
  #inlineAllowed = true;
  #quickRuns = 0;
  #slowRuns = 0;
  #closed = false;

  constructor(
    config: ModelConfig,
    loaded: LoadedSession,
    sessions: readonly ThreadSession[],
    source: ModelSource,
  ) {
    this.config = config;
    this.#sessions = [...sessions];
    this.#source = source;
    this.#scalars = new Set(
      [...loaded.inputs, ...loaded.outputs]
        .filter(({ shape }) => shape?.length === 0)
        .map(({ name }) => name),
    );
    const layout = batchLayoutOf(config);
    this.instances = sessions.map((_session, index) =>
      tensorInstance(layout, (execution) => this.#execute(index, execution)),
    );
  }

  async #execute(instance: number, { inputs }: Execution): Promise<ExecutionResult> {
    const start = process.hrtime.bigint();
    const feeds: SessionTensor[] = [];
    let size = 0;
    for (const input of inputs) {
      feeds.push(this.#feed(input));
      size += input.data.byteLength;
    }
    for (const standard of this.#source.defaults)
      if (!feeds.some(({ name }) => name === standard.name)) feeds.push(copyOf(standard));
    const begun = process.hrtime.bigint();
    const small = size <= INLINE_INPUT_BYTES;
    let result: RunResult;
    try {
      result =
        this.#inline && small
          ? this.#runInline(this.#inline, feeds)
          : await this.#runThreaded(instance, feeds, small);
    } catch (error) {
      if (error instanceof Error && 'code' in error) throw error;
      throw onnxRunError(messageOf(error));
    }
    const ran = process.hrtime.bigint();
    // The runtime returns them in the graph's order, whatever order was requested.
    const outputs = result.outputs.map((output) => this.#collect(output)).sort(byName);
    return {
      outputs,
      computeInputNs: Number(begun - start),
      computeInferNs: Number(ran - begun),
      computeOutputNs: Number(process.hrtime.bigint() - ran),
    };
  }

  #feed({ name, datatype, shape, data }: Tensor): SessionTensor {
    const dims = this.#scalars.has(name) ? [] : shape;
    if (datatype !== 'BYTES') return { name, type: datatype, dims, data };
    return { name, type: 'STRING', dims, data: decodeStrings(name, data) };
  }

  #collect({ name, type, dims, data }: SessionTensor): Tensor {
    const datatype = datatypeOfConfig(`TYPE_${tritonType(type)}`) ?? 'BYTES';
    const shape = dims.length === 0 && this.#scalars.has(name) ? [1] : dims;
    return { name, datatype, shape, data: data instanceof Uint8Array ? data : joinBytesTensor(data) };
  }

  #runInline(session: OnnxSession, feeds: readonly SessionTensor[]): RunResult {
    const start = process.hrtime.bigint();
    const outputs = session.run(feeds);
    const runNs = Number(process.hrtime.bigint() - start);
    this.#judgeInline(runNs);
    return { outputs, runNs };
  }

  async #runThreaded(instance: number, feeds: readonly SessionTensor[], small: boolean): Promise<RunResult> {
    const held = this.#sessions[instance];
    const { thread, session } = held?.thread.alive ? held : await this.#reopen(instance);
    const { inputs, transfer } = handOver(feeds);
    const result = await thread.run(session, inputs, transfer);
    if (this.#inlineAllowed && !this.#inline && small) {
      this.#quickRuns = result.runNs < INLINE_RUN_NS ? this.#quickRuns + 1 : 0;
      if (this.#quickRuns === INLINE_AFTER_RUNS) this.#enterInline();
    }
    return result;
  }

  /** When a thread ends, its sessions are lost and their runs fail; the next run gets another thread. */
  async #reopen(instance: number): Promise<ThreadSession> {
    const opened = await this.#source.reopen();
    this.#sessions[instance] = opened;
    return opened;
  }

  #enterInline(): void {
    const { bytes } = this.#source.file;
    const runtime = loadRuntime(this.#source.runtimePaths);
    if (!bytes || !runtime || this.#closed || this.#inline) return;
    try {
      const session = new OnnxSession(runtime, bytes, this.#source.options);
      session.select(outputNames(this.config));
      this.#inline = session;
    } catch {
      // External data cannot be found from bytes alone, so such a model stays on its threads.
      this.#inlineAllowed = false;
    }
  }

  /** One slow run may be the machine's fault; several, or one that blocks everything, are the model's. */
  #judgeInline(runNs: number): void {
    if (runNs <= INLINE_LIMIT_NS) {
      this.#slowRuns = Math.max(0, this.#slowRuns - 0.02);
      return;
    }
    this.#slowRuns += 1;
    if (this.#slowRuns < INLINE_SLOW_RUNS && runNs < INLINE_STALL_NS) return;
    this.#leaveInline();
    this.#inlineAllowed = false;
  }

  #leaveInline(): void {
    this.#inline?.dispose();
    this.#inline = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#leaveInline();
    await Promise.all(
      this.#sessions.map(async ({ thread, session }) => {
        thread.sessions -= 1;
        await thread.dispose(session).catch(() => undefined);
      }),
    );
  }
}

/** What a run computes: outputs, by name as in responses of Triton's ONNX Runtime backend, and implicit states. */
export function outputNames({ output, sequence_batching }: ModelConfig): readonly string[] {
  const states = sequence_batching?.state.map(({ output_name }) => output_name) ?? [];
  return [...new Set([...output.map(({ name }) => name), ...states])].sort();
}

function byName(a: Tensor, b: Tensor): number {
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

/** Triton's names of onnxruntime-node's types. */
const TRITON_TYPES: Readonly<Record<string, string>> = {
  float32: 'FP32',
  float64: 'FP64',
  float16: 'FP16',
  string: 'STRING',
};

function tritonType(type: string): string {
  return TRITON_TYPES[type] ?? type.toUpperCase();
}

/** Strings for ONNX Runtime: cut at the first NUL, as Triton's backend passes them. */
function decodeStrings(name: string, data: Uint8Array): string[] {
  const elements = splitBytesTensor(data);
  if (!elements) throw invalidArgument(`incomplete string data for inference input '${name}'`);
  return elements.map((element) => {
    const end = element.indexOf(0);
    const bytes = end < 0 ? element : element.subarray(0, end);
    const text = bytes.toString('utf8');
    if (text.includes('\ufffd') && Buffer.compare(Buffer.from(text), bytes) !== 0)
      throw invalidArgument(
        `input '${name}' holds bytes that are not UTF-8, which triton-local's embedded engine cannot hand to ONNX Runtime`,
      );
    return text;
  });
}

/** Feeds may be transferred; what is needed again is copied. */
function copyOf(tensor: SessionTensor): SessionTensor {
  return tensor.data instanceof Uint8Array ? { ...tensor, data: new Uint8Array(tensor.data) } : tensor;
}

/**
 * The HTTP parser reads in smaller pieces, so a buffer of this size belongs to the request alone and may be
 * transferred.
 */
const OWN_BUFFER_BYTES = 256 * 1024;

/**
 * Tensors for another thread: large buffers are transferred; small ones are copied into one buffer that is transferred.
 */
function handOver(feeds: readonly SessionTensor[]): { inputs: SessionTensor[]; transfer: ArrayBuffer[] } {
  const transfer = new Set<ArrayBuffer>();
  const inputs = feeds.map((feed): SessionTensor => {
    if (!(feed.data instanceof Uint8Array)) return feed;
    const { buffer, byteLength } = feed.data;
    if (
      buffer instanceof ArrayBuffer &&
      byteLength * 2 > buffer.byteLength &&
      byteLength >= OWN_BUFFER_BYTES
    ) {
      transfer.add(buffer);
      return { ...feed, data: new Uint8Array(buffer, feed.data.byteOffset, byteLength) };
    }
    const data = new Uint8Array(feed.data);
    transfer.add(data.buffer);
    return { ...feed, data };
  });
  return { inputs, transfer: [...transfer] };
}
