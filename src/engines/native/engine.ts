import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Lifetime, messageOf, systemError, within } from '../../base/index.ts';
import type { EventSink, ModelState } from '../../events/index.ts';
import { listModelDirectories } from '../../repository/index.ts';
import type { Engine, RunningEngine } from '../engine.ts';
import { explainUnread, loadFailure, nameMissingBackend, notePollFailure } from '../load-failure.ts';
import { ModelBoard } from '../model-board.ts';
import { pythonTeller } from '../onnx-as-python/onnx-interfaces.ts';
import { TranslatedRepository } from '../onnx-as-python/translated-repository.ts';
import { type IndexEntry, TritonClient, TritonRefusal } from '../triton-client.ts';
import { askPython, layBackendDirectory } from './backend-directory.ts';
import { freePorts } from './free-ports.ts';
import { describeInstallation, lacksOnnxRuntime, type TritonInstallation } from './installation.ts';
import { TritonProcess } from './process.ts';

export interface NativeEngineOptions {
  /** The `tritonserver` to run. */
  readonly program: string;
  /** The staged model repository; only the caller changes it, and never while a model loads. */
  readonly repository: string;
  /** A folder of ours for what the server needs at run time. */
  readonly workDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly events: EventSink;
}

const PROBE_EVERY_MS = 25;
const PORT_ATTEMPTS = 3;
const LOOK_AGAIN_MS = 200;
/** Triton's patience with connections and requests when it stops. */
const EXIT_TIMEOUT_SECONDS = 10;

let starts = 0;

/** A real `tritonserver` as a process of this machine, on free ports of the loopback. */
export class NativeEngine implements Engine {
  readonly kind = 'native';
  readonly #options: NativeEngineOptions;
  readonly #installation: TritonInstallation;
  /** Models that were unloaded; their folders may still be there when the next process starts. */
  readonly #unloaded = new Set<string>();

  constructor(options: NativeEngineOptions) {
    this.#options = options;
    this.#installation = describeInstallation(options.program);
  }

  /** @throws ENGINE_START_FAILED with Triton's last lines when it ends before it answers */
  async start(signal: AbortSignal): Promise<RunningEngine> {
    const surroundings = await this.#surroundings();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#startOnFreePorts(surroundings, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (attempt === PORT_ATTEMPTS || !/already in use/.test(messageOf(error))) throw error;
      }
    }
  }

  /** Variables and backend directory for the Python that its stubs embed. */
  async #surroundings(): Promise<Surroundings> {
    const { libraryDirectories, backendDirectory, stubDirectory, python } = this.#installation;
    const { environment, events, workDirectory } = this.#options;
    const { PYTHONHOME: _home, VIRTUAL_ENV: _venv, ...variables } = environment;
    if (stubDirectory === undefined || python === undefined) {
      const search = [...libraryDirectories, environment.LD_LIBRARY_PATH];
      return {
        backendDirectory,
        environment: { ...variables, LD_LIBRARY_PATH: joined(search) },
        translated: undefined,
      };
    }
    const facts = await askPython(python, environment);
    const note = numpyNote(facts.numpy, python);
    if (note) events.emit({ type: 'log.line', source: 'emulator', level: 'warning', text: note });
    const standsIn = lacksOnnxRuntime(this.#installation) && facts.hasOnnxRuntime;
    const translated = standsIn
      ? new TranslatedRepository({
          source: this.#options.repository,
          directory: path.join(workDirectory, 'models'),
          tell: pythonTeller(python, variables),
        })
      : undefined;
    await translated?.translateAll();
    return {
      translated,
      backendDirectory: await layBackendDirectory(
        this.#installation,
        facts.version,
        path.join(workDirectory, 'backends'),
      ),
      environment: {
        ...variables,
        // Python finds its environment by the first `python3` on PATH.
        PATH: joined([path.dirname(python), environment.PATH]),
        LD_LIBRARY_PATH: joined([facts.libraryDirectory, ...libraryDirectories, environment.LD_LIBRARY_PATH]),
      },
    };
  }

  async #startOnFreePorts(surroundings: Surroundings, signal: AbortSignal): Promise<RunningEngine> {
    const { events, program, repository } = this.#options;
    const { translated } = surroundings;
    const [http = 0, grpc = 0, metrics = 0] = await freePorts(3);
    const models = (await listModelDirectories(repository)).filter((model) => !this.#unloaded.has(model));
    const sharedMemoryPrefix = `triton-local-${process.pid}-${++starts}-`;
    const lifetime = new Lifetime();
    const board = new ModelBoard(events);
    const triton = lifetime.use(
      'tritonserver',
      new TritonProcess({
        program,
        args: tritonArguments({
          repository: translated?.directory ?? repository,
          models,
          http,
          grpc,
          metrics,
          sharedMemoryPrefix,
          backendDirectory: surroundings.backendDirectory,
        }),
        environment: surroundings.environment,
        sharedMemoryPrefix,
        events,
        onLine: (text) => notePollFailure(text, board),
      }),
    );
    try {
      const client = lifetime.use('connection', new TritonClient(`http://127.0.0.1:${http}`));
      await untilLive(client, triton, signal);
      const [version, index] = await Promise.all([client.version(), client.index()]);
      await explainUnread(index, repository, board);
      board.update(index.map((entry) => withPlainReason(entry, translated)));
      return new RunningNative(
        { version, http, grpc, metrics, repository, translated, unloaded: this.#unloaded },
        client,
        board,
        triton,
        lifetime,
      );
    } catch (error) {
      await lifetime[Symbol.asyncDispose]();
      throw error;
    }
  }
}

interface Surroundings {
  /** What the server reads in place of the staged repository where it has no backend for ONNX models. */
  readonly translated: TranslatedRepository | undefined;
  readonly backendDirectory: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

interface RunFacts {
  readonly unloaded: Set<string>;
  readonly translated: TranslatedRepository | undefined;
  readonly version: string;
  readonly repository: string;
  readonly http: number;
  readonly grpc: number;
  readonly metrics: number;
}

class RunningNative implements RunningEngine {
  readonly kind = 'native';
  readonly gpu = null;
  readonly version: string;
  readonly endpoints: RunningEngine['endpoints'];
  readonly exited: Promise<string>;
  readonly #repository: string;
  readonly #translated: TranslatedRepository | undefined;
  readonly #unloaded: Set<string>;
  readonly #client: TritonClient;
  readonly #board: ModelBoard;
  readonly #lifetime: Lifetime;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    { version, http, grpc, metrics, repository, translated, unloaded }: RunFacts,
    client: TritonClient,
    board: ModelBoard,
    triton: TritonProcess,
    lifetime: Lifetime,
  ) {
    this.version = version;
    this.#repository = repository;
    this.#translated = translated;
    this.#unloaded = unloaded;
    this.#client = client;
    this.#board = board;
    this.#lifetime = lifetime;
    this.endpoints = {
      http: `http://127.0.0.1:${http}`,
      grpc: `127.0.0.1:${grpc}`,
      metrics: `127.0.0.1:${metrics}`,
    };
    // An end that we asked for is none to tell of.
    this.exited = triton.exited.then((reason) => (lifetime.ended ? new Promise(() => {}) : reason));
  }

  async load(model: string): Promise<void> {
    this.#unloaded.delete(model);
    const translation = await this.#translated?.translate(model);
    try {
      await this.#client.load(model);
      await translation?.commit();
    } catch (error) {
      await translation?.rollback();
      throw await loadFailure(this.#plain(error), model, this.#repository, this.#board);
    } finally {
      await this.#update();
    }
  }

  #plain(error: unknown): unknown {
    if (!this.#translated || !(error instanceof TritonRefusal)) return error;
    return new TritonRefusal(error.status, this.#translated.plain(error.message));
  }

  async unload(model: string): Promise<void> {
    try {
      await this.#client.unload(model);
      this.#unloaded.add(model);
    } catch (error) {
      const reason = error instanceof TritonRefusal ? error.message : messageOf(error);
      throw systemError('MODEL_UNLOAD_FAILED', reason, { cause: error });
    } finally {
      await this.#update();
    }
  }

  models() {
    return this.#board.models;
  }

  refresh(): Promise<void> {
    return this.#update();
  }

  /** Where nothing answers, the end of the process is told elsewhere. */
  async #update(): Promise<void> {
    await this.#translated?.tidy();
    const index = await this.#client.index().catch(() => undefined);
    if (!index || this.#lifetime.ended) return;
    // A model that failed stays in Triton's index after it was unloaded, and one without a load is named there.
    const loaded = index.filter(
      ({ name, state }) => !this.#unloaded.has(name) || isMoving(state) || state === 'READY',
    );
    await explainUnread(loaded, this.#repository, this.#board);
    this.#board.update(loaded.map((entry) => withPlainReason(entry, this.#translated)));
    if (loaded.some(({ state }) => isMoving(state)) && !this.#lifetime.ended) this.#lookAgain();
  }

  /** Requests under way hold an unload up after it was answered. */
  #lookAgain(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#update(), LOOK_AGAIN_MS);
    this.#timer.unref();
  }

  [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    return this.#lifetime[Symbol.asyncDispose]();
  }
}

/** Booleans and numbers as Triton's command line takes them (triton.md 9.1). */
function tritonArguments(run: {
  readonly repository: string;
  readonly models: readonly string[];
  readonly backendDirectory: string | undefined;
  readonly http: number;
  readonly grpc: number;
  readonly metrics: number;
  readonly sharedMemoryPrefix: string;
}): string[] {
  return [
    `--model-repository=${run.repository}`,
    ...(run.backendDirectory === undefined ? [] : [`--backend-directory=${run.backendDirectory}`]),
    '--model-control-mode=explicit',
    ...run.models.map((model) => `--load-model=${model}`),
    '--exit-on-error=false',
    '--strict-readiness=true',
    `--exit-timeout-secs=${EXIT_TIMEOUT_SECONDS}`,
    '--http-address=127.0.0.1',
    `--http-port=${run.http}`,
    '--grpc-address=127.0.0.1',
    `--grpc-port=${run.grpc}`,
    '--metrics-address=127.0.0.1',
    `--metrics-port=${run.metrics}`,
    `--backend-config=python,shm-region-prefix-name=${run.sharedMemoryPrefix}`,
  ];
}

/** Loading comes before listening, so that the first answer means that every model has been tried. */
async function untilLive(client: TritonClient, triton: TritonProcess, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    if (triton.hasExited) throw startFailure(await triton.exited, triton.lastLines);
    if (await client.answers('live')) return;
    await within(Promise.race([triton.exited, sleep(PROBE_EVERY_MS, undefined, { signal })]), 1_000);
  }
}

function startFailure(reason: string, lastLines: readonly string[]): Error {
  const told = lastLines.filter((line) => !/^[|+]/.test(line)).slice(-8);
  return systemError('ENGINE_START_FAILED', `tritonserver ${reason}\n${told.join('\n')}`, {
    hint: 'its whole output is in the log above',
  });
}

/** The stub of this release hands out empty tensors with numpy 2, without a word. */
function numpyNote(version: string | undefined, python: string): string | undefined {
  if (version === undefined) return `Python models need numpy, which ${python} lacks`;
  if (Number(version.split('.')[0]) < 2) return undefined;
  return `Triton's Python backend needs numpy below 2 and ${python} has ${version}: outputs will be empty. Install 'numpy<2' there`;
}

function withPlainReason(entry: IndexEntry, translated: TranslatedRepository | undefined): IndexEntry {
  if (entry.reason === undefined) return entry;
  const reason = translated ? translated.plain(entry.reason) : entry.reason;
  return { ...entry, reason: nameMissingBackend(reason) };
}

function isMoving(state: ModelState | undefined): boolean {
  return state === 'LOADING' || state === 'UNLOADING';
}

function joined(places: readonly (string | undefined)[]): string {
  return places.filter((place) => place !== undefined && place !== '').join(path.delimiter);
}
