import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { EventSink } from '../../../events/index.ts';
import { internal, unavailable } from '../../../kserve/index.ts';
import {
  type ModelProcess,
  ModelProcesses,
  type ModelStart,
  type ModelStartMessage,
  TensorFiles,
} from '../../../python/index.ts';
import {
  completePythonConfig,
  type ModelConfig,
  type ModelDefinition,
  type ModelVersion,
  modelConfigJson,
  parseModelConfigJson,
} from '../../../repository/index.ts';
import { instanceNames } from '../../instance-names.ts';
import type { CustomMetrics } from '../../metrics/custom-metrics.ts';
import type { Backend, BackendModel } from '../backend.ts';
import { changeMetric } from './metric-calls.ts';
import { ModelCalls, type ModelServer } from './model-calls.ts';
import { PythonInstance } from './python-instance.ts';

/** The Python that models run in. */
export interface ModelPython {
  readonly interpreter: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Begins the names of what is put into shared memory. */
  readonly sharedMemoryPrefix?: string;
}

/**
 * Finds, or builds, the Python of models when the first of them is loaded.
 * @param environment a packed environment, or its folder, that a model brings with it; undefined for the project's
 * @throws TritonLocalError where there is none
 */
export type FindModelPython = (environment?: string) => Promise<ModelPython>;

export interface PythonBackendOptions {
  readonly python: FindModelPython;
  readonly server: ModelServer;
  /** The metrics that models make. */
  readonly metrics: CustomMetrics;
  readonly events: EventSink;
  /** Translates staged paths in what models say into the user's. */
  readonly userPaths: (text: string) => string;
}

const NO_AUTO_COMPLETE = /^class TritonPythonModel\s*(\(\s*(object)?\s*\))?\s*:/m;
const AUTO_COMPLETE = 'auto_complete_config';
/** Of a module or a class, an attribute that takes its value from `MetricFamily`. */
const METRIC_AT_IMPORT = /^(?: {4}|\t)?\w+ *=.*\bMetricFamily\b/m;

/** Triton's `python` backend: a process for each instance of a model. */
export class PythonBackend implements Backend {
  readonly #options: PythonBackendOptions;
  readonly #calls: ModelCalls;
  /** By interpreter: models with an environment of their own have another one. */
  readonly #processes = new Map<string, ModelProcesses>();
  readonly #instances = new Set<PythonInstance>();
  /** Processes that complete a configuration. */
  readonly #completing = new Set<ModelProcess>();
  #files: Promise<TensorFiles | undefined> | undefined;
  #stopping = false;

  constructor(options: PythonBackendOptions) {
    this.#options = options;
    this.#calls = new ModelCalls(options.server, options.metrics);
  }

  async load(definition: ModelDefinition, version: ModelVersion): Promise<BackendModel> {
    const python = await this.#options.python(executionEnvironment(definition));
    const processes = this.#processesFor(python);
    this.#files ??= TensorFiles.create(python.sharedMemoryPrefix);
    const files = await this.#files;
    const config = await this.#complete(definition, version, processes);
    const decoupled = config.model_transaction_policy?.decoupled ?? false;
    const instances: PythonInstance[] = [];
    const dispose = async () => {
      await disposeAll(instances);
      for (const instance of instances) this.#instances.delete(instance);
    };
    let restarts = 0;
    const onRestart = () => {
      restarts += 1;
      const { name: model } = definition;
      const state = { model, version: version.version, state: 'READY', reason: '', restarts } as const;
      this.#options.events.emit({ type: 'model.state', ...state });
    };
    try {
      for (const instance of instanceNames(config))
        instances.push(
          new PythonInstance({
            start: {
              ...startMessage(definition, version, config),
              instance,
              arguments: initializeArguments(definition, version, config, instance),
              tensorFolder: files?.directory ?? null,
            },
            decoupled,
            files,
            takeProcess: () => this.#take(processes),
            calls: this.#calls,
            events: this.#options.events,
            onMetric: (process, message) => changeMetric(this.#options.metrics, process, message),
            onRestart,
            userPaths: this.#options.userPaths,
          }),
        );
      // Triton makes the instances of a model one after the other.
      for (const instance of instances) {
        this.#instances.add(instance);
        await instance.start();
      }
    } catch (error) {
      await dispose();
      throw error;
    } finally {
      processes.refill();
    }
    return { config, instances, [Symbol.asyncDispose]: dispose };
  }

  /** Ends every load, those that hang too; they fail, as do later ones. */
  async stopLoading(): Promise<void> {
    this.#stopping = true;
    await Promise.all([
      disposeAll([...this.#completing]),
      ...[...this.#instances].map((instance) => instance.stopLoading()),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopLoading();
    // Models that are not unloaded by now hang, in their warm-up for example.
    await disposeAll([...this.#instances, ...this.#processes.values()]);
    const files = await this.#files;
    await files?.[Symbol.asyncDispose]();
  }

  /** A process for a model. @throws KServeError while the server stops */
  #take(processes: ModelProcesses): ModelProcess {
    if (this.#stopping) throw unavailable('the server is stopping');
    return processes.take();
  }

  #processesFor(python: ModelPython): ModelProcesses {
    const known = this.#processes.get(python.interpreter);
    if (known) return known;
    const processes = new ModelProcesses(python);
    this.#processes.set(python.interpreter, processes);
    return processes;
  }

  /** The configuration as the model completes it, in a process of its own. */
  async #complete(
    definition: ModelDefinition,
    version: ModelVersion,
    processes: ModelProcesses,
  ): Promise<ModelConfig> {
    const { config } = definition;
    if (!(await mayAutoComplete(version.modelFile))) return completePythonConfig(config);
    await using process = this.#take(processes);
    const message: ModelStartMessage = {
      ...startMessage(definition, version, config),
      task: 'autoComplete',
      config: JSON.stringify(modelConfigJson(config)),
    };
    const { events, userPaths } = this.#options;
    const ignore = () => undefined;
    this.#completing.add(process);
    const completed: ModelStart = await process
      .start(message, undefined, {
        onLog: (level, text) =>
          events.emit({
            type: 'log.line',
            source: 'engine',
            level,
            text: userPaths(text),
            model: definition.name,
          }),
        onResponse: ignore,
        onExecuteFailed: ignore,
        onCall: ignore,
        onControlCall: ignore,
        onMetric: ignore,
        onExit: ignore,
      })
      .catch((error) => {
        if (error?.code === 'PYTHON_MISSING') throw error;
        throw internal(`Stub process '${definition.name}_0' is not healthy.`);
      })
      .finally(() => this.#completing.delete(process));
    if (completed.type === 'failed') throw internal(completed.message);
    if (completed.type !== 'completed' || completed.config === null) return completePythonConfig(config);
    return completePythonConfig(parseModelConfigJson(completed.config));
  }
}

/** The environment that a model names in its configuration, as Triton reads it. */
function executionEnvironment({ directory, config }: ModelDefinition): string | undefined {
  const given = config.parameters.EXECUTION_ENV_PATH?.string_value;
  return given ? given.replaceAll('$$TRITON_MODEL_DIRECTORY', directory) : undefined;
}

/**
 * A plain class that does not mention the method has none; then no process is started to ask it. Where a model makes
 * metrics while it is imported, Triton's process for this task refuses it.
 */
async function mayAutoComplete(file: string): Promise<boolean> {
  const source = await readFile(file, 'utf8').catch(() => '');
  return source.includes(AUTO_COMPLETE) || !NO_AUTO_COMPLETE.test(source) || METRIC_AT_IMPORT.test(source);
}

function startMessage(
  { name, directory }: ModelDefinition,
  { version, modelFile }: ModelVersion,
  config: ModelConfig,
): ModelStartMessage {
  return {
    type: 'start',
    task: 'serve',
    name,
    version,
    instance: `${name}_0`,
    directory,
    filename: path.basename(modelFile),
    decoupled: config.model_transaction_policy?.decoupled ?? false,
    outputs: config.output.map((output) => output.name),
    arguments: {},
    config: '',
    environment: {},
    tensorFolder: null,
  };
}

function initializeArguments(
  { name, directory }: ModelDefinition,
  { version }: ModelVersion,
  config: ModelConfig,
  instance: string,
): Readonly<Record<string, string>> {
  return {
    model_config: JSON.stringify(modelConfigJson(config)),
    model_instance_kind: 'CPU',
    model_instance_name: instance,
    model_instance_device_id: '0',
    model_repository: directory,
    model_version: version,
    model_name: name,
  };
}

async function disposeAll(all: readonly AsyncDisposable[]): Promise<void> {
  await Promise.all(all.map((one) => one[Symbol.asyncDispose]()));
}
