import { readFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { messageOf, systemError } from '../../base/index.ts';
import type { EngineSettings } from '../../config/index.ts';
import { datatypeOfConfig, ELEMENT_BYTES, elementCount, internal, KServeError } from '../../kserve/index.ts';
import {
  checkOnnxBackend,
  checkOnnxInterface,
  completeOnnxConfig,
  type DataType,
  gpuGroupsAsAuto,
  type ModelConfig,
  ModelConfigError,
  type ModelDefinition,
  type ModelVersion,
  type OnnxHeader,
  type OnnxInterface,
  readOnnxHeader,
  readOnnxParameters,
  recognizeFile,
} from '../../repository/index.ts';
import { instanceCount } from '../instance-names.ts';
import type { Backend, BackendModel } from './backend.ts';
import { LoadedFile } from './loaded-file.ts';
import { onnxLoadError } from './onnx-error.ts';
import { liftInitializers } from './onnx-initializers.ts';
import { OnnxModel, outputNames, type ThreadSession } from './onnx-model.ts';
import type { SessionOptions, SessionTensorInfo } from './onnx-session.mjs';
import { type LoadedSession, OnnxThread } from './onnx-thread.ts';

/** More threads would only cost memory: models share them. */
const MAX_THREADS = 8;

/** Triton's `onnxruntime` backend on onnxruntime-node, its sessions spread over a few shared threads. */
export class OnnxRuntimeBackend implements Backend {
  readonly #findRuntime: () => Promise<readonly string[]>;
  #runtimePaths: readonly string[] = [];
  readonly #gpuModelsOnCpu: boolean;
  readonly #threadLimit = Math.min(MAX_THREADS, Math.max(2, availableParallelism()));
  #threads: OnnxThread[] = [];
  #lastSession = 0;

  /**
   * @param findRuntime returns the folders to search for onnxruntime-node; called when a model is loaded
   * @param settings with `gpuModelsOnCpu`, reads `KIND_GPU` as `KIND_AUTO`
   */
  constructor(
    findRuntime: () => Promise<readonly string[]>,
    { gpuModelsOnCpu = false }: Partial<Pick<EngineSettings, 'gpuModelsOnCpu'>> = {},
  ) {
    this.#findRuntime = findRuntime;
    this.#gpuModelsOnCpu = gpuModelsOnCpu;
  }

  /**
   * @throws KServeError with the reason Triton shows; TritonLocalError ONNXRUNTIME_MISSING if the runtime cannot be
   * found.
   */
  async load(given: ModelDefinition, version: ModelVersion): Promise<BackendModel> {
    const definition = this.#gpuModelsOnCpu ? { ...given, config: gpuGroupsAsAuto(given.config) } : given;
    checkOnnxBackend(definition, version);
    this.#runtimePaths = await this.#findRuntime();
    const modelFile = await findModelFile(version.modelFile);
    const optional = definition.config.input.filter((input) => input.optional).map(({ name }) => name);
    const lifted =
      optional.length > 0 ? liftInitializers(await readFile(modelFile), new Set(optional)) : undefined;
    const defaults = lifted?.defaults ?? [];
    const model = lifted?.model ?? modelFile;
    const file = await LoadedFile.read(model);
    const sessions: ThreadSession[] = [];
    try {
      const first = await this.#open(model, sessionOptions(definition.config, 1), sessions).catch(
        async (error: unknown) => {
          throw await withFileKind(error, modelFile);
        },
      );
      const isLifted = ({ name }: SessionTensorInfo) => defaults.some((tensor) => tensor.name === name);
      const header = await headerOf(modelFile, first);
      const onnx: OnnxInterface = {
        inputs: first.inputs.filter((tensor) => !isLifted(tensor)).map((it) => describe(it, header?.inputs)),
        outputs: first.outputs.map((it) => describe(it, header?.outputs)),
        initializers: first.inputs.filter(isLifted).map((it) => describe(it, undefined)),
      };
      const config = completeConfig(definition.config, onnx);
      const instances = Math.min(this.#threadLimit, instanceCount(config));
      const options = sessionOptions(config, Math.max(1, Math.floor(availableParallelism() / instances)));
      if (options.intraOpNumThreads > 1 || !options.enableCpuMemArena) {
        await closeAll(sessions);
        await this.#open(model, options, sessions);
      }
      while (sessions.length < instances) await this.#open(model, options, sessions);
      const outputs = outputNames(config);
      await Promise.all(sessions.map(({ thread, session }) => thread.select(session, outputs)));
      return new OnnxModel(config, first, sessions, {
        runtimePaths: this.#runtimePaths,
        file,
        defaults,
        options: { ...options, intraOpNumThreads: 1 },
        reopen: async () => {
          const opened: ThreadSession[] = [];
          await this.#open(await file.again(), options, opened);
          const [one] = opened as [ThreadSession];
          await one.thread.select(one.session, outputs);
          return one;
        },
      });
    } catch (error) {
      await closeAll(sessions);
      throw error;
    }
  }

  async #open(
    model: string | Uint8Array,
    options: SessionOptions,
    sessions: ThreadSession[],
  ): Promise<LoadedSession> {
    const thread = this.#leastLoaded(sessions);
    this.#lastSession += 1;
    const session = this.#lastSession;
    thread.sessions += 1;
    let loaded: LoadedSession | undefined;
    try {
      loaded = await thread.load(session, model, options);
    } catch (error) {
      thread.sessions -= 1;
      throw onnxLoadError(messageOf(error));
    }
    if (!loaded) {
      thread.sessions -= 1;
      throw systemError('ONNXRUNTIME_MISSING', 'onnxruntime-node, which runs ONNX models, was not found', {
        hint: `install it with \`npm install --ignore-scripts onnxruntime-node\` (looked in ${this.#runtimePaths.join(', ') || 'no folder'})`,
      });
    }
    sessions.push({ thread, session });
    return loaded;
  }

  /**
   * A thread without any of these sessions: a new one while the limit allows, otherwise the one with the fewest
   * sessions.
   */
  #leastLoaded(taken: readonly ThreadSession[]): OnnxThread {
    this.#threads = this.#threads.filter(({ alive }) => alive);
    const free = this.#threads.filter((thread) => !taken.some((session) => session.thread === thread));
    const idle = free.find(({ sessions }) => sessions === 0);
    if (idle) return idle;
    if (this.#threads.length < this.#threadLimit) {
      const thread = new OnnxThread(this.#runtimePaths);
      this.#threads.push(thread);
      return thread;
    }
    const candidates = free.length > 0 ? free : this.#threads;
    return candidates.reduce((best, thread) => (thread.sessions < best.sessions ? thread : best));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread[Symbol.asyncDispose]()));
    this.#threads = [];
  }
}

/** ONNX Runtime's error, with what the file really is if it is not an ONNX model. */
async function withFileKind(error: unknown, file: string): Promise<unknown> {
  const kind = error instanceof KServeError ? await recognizeFile(file) : undefined;
  if (!kind || !(error instanceof KServeError)) return error;
  return new ModelConfigError('MODEL_FILE_INVALID', error.message, {
    status: 'INTERNAL',
    hint: `the file is ${kind.is}: ${kind.remedy}`,
    location: { file },
    cause: error,
  });
}

/** A model file may be a folder that holds `model.onnx` beside its external data. */
async function findModelFile(file: string): Promise<string> {
  const found = await stat(file).catch(() => undefined);
  if (!found) throw internal(`failed to stat file ${file}`);
  return found.isDirectory() ? path.join(file, 'model.onnx') : file;
}

function completeConfig(config: ModelConfig, onnx: OnnxInterface): ModelConfig {
  const complete = completeOnnxConfig(config, onnx);
  checkOnnxInterface(complete, onnx);
  return complete;
}

/** The binding does not distinguish sequences from maps; the file does. */
async function headerOf(file: string, { inputs, outputs }: LoadedSession): Promise<OnnxHeader | undefined> {
  const hasOthers = [...inputs, ...outputs].some((value) => !isTensor(value));
  return hasOthers ? readOnnxHeader(file) : undefined;
}

function isTensor({ shape }: SessionTensorInfo): boolean {
  return shape !== undefined;
}

function describe(
  value: SessionTensorInfo,
  kinds: OnnxHeader['inputs'] | undefined,
): OnnxInterface['inputs'][number] {
  const { name, type, shape } = value;
  const dataType = (type === undefined ? 'TYPE_INVALID' : `TYPE_${type}`) as DataType;
  return isTensor(value)
    ? { name, dataType, shape }
    : { name, dataType, shape, kind: kinds?.get(name) ?? 'UNKNOWN' };
}

/** Triton's graph levels (`onnxruntime.cc`): -1 basic, 1 extended, 2 none, anything else all. */
const GRAPH_LEVELS = new Map<number, SessionOptions['graphOptimizationLevel']>([
  [-1, 'basic'],
  [1, 'extended'],
  [2, 'disabled'],
]);

function sessionOptions(config: ModelConfig, threads: number): SessionOptions {
  const parameters = readOnnxParameters(config);
  return {
    intraOpNumThreads: parameters.intraOpThreads || threads,
    interOpNumThreads: parameters.interOpThreads || 1,
    executionMode: parameters.isParallel ? 'parallel' : 'sequential',
    graphOptimizationLevel: GRAPH_LEVELS.get(config.optimization?.graph?.level ?? 0) ?? 'all',
    enableCpuMemArena: parameters.memoryArena ?? staysSmall(config),
    enableMemPattern: parameters.memoryPattern,
    // Failures are thrown as exceptions; the runtime's log lines would appear on the user's terminal.
    logSeverityLevel: 4,
  };
}

/** Inputs up to this size keep ONNX Runtime's arena small; it never releases memory. */
const ARENA_INPUT_BYTES = 4 * 1024 * 1024;

/** Whether no execution can have larger inputs. Before auto-complete, unknown sizes count as small. */
function staysSmall({ input, max_batch_size }: ModelConfig): boolean {
  let bytes = 0;
  for (const { dims, data_type } of input) {
    if (dims.includes(-1)) return false;
    const width = ELEMENT_BYTES[datatypeOfConfig(data_type) ?? 'FP64'] || 64;
    bytes += elementCount(dims) * width * Math.max(1, max_batch_size);
  }
  return bytes <= ARENA_INPUT_BYTES;
}

async function closeAll(sessions: ThreadSession[]): Promise<void> {
  for (const { thread, session } of sessions.splice(0)) {
    thread.sessions -= 1;
    await thread.dispose(session).catch(() => undefined);
  }
}
