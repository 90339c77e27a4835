import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Lifetime, messageOf, systemError } from '../../base/index.ts';
import type { EventSink } from '../../events/index.ts';
import { listModelDirectories } from '../../repository/index.ts';
import type { Engine, RunningEngine } from '../engine.ts';
import { findGpuInUse, gpuNameIn } from '../gpu-in-use.ts';
import { explainUnread, notePollFailure, withPlainReason } from '../load-failure.ts';
import { ModelBoard } from '../model-board.ts';
import { translateEvents } from '../translated-events.ts';
import { TritonClient } from '../triton-client.ts';
import { tritonArguments } from './command-line.ts';
import { freePorts } from './free-ports.ts';
import { describeInstallation, type TritonInstallation } from './installation.ts';
import { TritonProcess } from './process.ts';
import { RunningNative } from './running.ts';
import { prepareSurroundings, type Surroundings } from './surroundings.ts';

export interface NativeEngineOptions {
  /** The `tritonserver` to run. */
  readonly program: string;
  /** The staged model repository; only the caller changes it, and never while a model loads. */
  readonly repository: string;
  /** A folder of ours for what the server needs at run time. */
  readonly workDirectory: string;
  /** Begins the names of Triton's shared memory, and of nobody else's. */
  readonly sharedMemoryPrefix?: string;
  readonly environment: Readonly<Record<string, string>>;
  /** `--triton-arg`, as `--name=value`. */
  readonly tritonArgs?: readonly string[];
  readonly events: EventSink;
}

const GPU_LIMIT_MS = 5_000;
const PROBE_EVERY_MS = 25;
const PORT_ATTEMPTS = 3;

let starts = 0;

/** A real `tritonserver` as a process of this machine, on free ports of the loopback. */
export class NativeEngine implements Engine {
  readonly kind = 'native';
  readonly #options: NativeEngineOptions;
  readonly #installation: TritonInstallation;
  readonly #sharedMemoryPrefix: string;
  /** Models that were unloaded; their folders may still be there when the next process starts. */
  readonly #unloaded = new Set<string>();

  constructor(options: NativeEngineOptions) {
    this.#options = options;
    this.#installation = describeInstallation(options.program);
    this.#sharedMemoryPrefix =
      options.sharedMemoryPrefix ?? `triton-local-${process.pid}-${randomBytes(6).toString('hex')}-`;
  }

  /**
   * @throws ENGINE_START_FAILED with Triton's last lines when it ends before it answers; TRITON_UNLOADABLE when a
   * library of it is missing; PYTHON_MISSING, TRITON_STUB_MISSING
   */
  async start(signal: AbortSignal): Promise<RunningEngine> {
    const surroundings = await prepareSurroundings(this.#installation, this.#options);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#startOnFreePorts(surroundings, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (attempt === PORT_ATTEMPTS || !/already in use/.test(messageOf(error))) throw error;
      }
    }
  }

  async #startOnFreePorts(surroundings: Surroundings, signal: AbortSignal): Promise<RunningEngine> {
    const { program, repository } = this.#options;
    const { translated } = surroundings;
    const plain = plainText(surroundings, this.#installation);
    const events = translateEvents(this.#options.events, plain);
    const [http = 0, grpc = 0, metrics = 0] = await freePorts(3);
    const models = (await listModelDirectories(repository)).filter((model) => !this.#unloaded.has(model));
    const sharedMemoryPrefix = `${this.#sharedMemoryPrefix}${++starts}-`;
    const lifetime = new Lifetime();
    const board = new ModelBoard(events);
    let gpuName: string | undefined;
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
          userArguments: this.#options.tritonArgs ?? [],
        }),
        environment: surroundings.environment,
        sharedMemoryPrefix,
        events,
        onLine: (text) => {
          gpuName ??= gpuNameIn(text);
          notePollFailure(plain(text), board);
        },
      }),
    );
    try {
      const client = lifetime.use('connection', new TritonClient({ http: `http://127.0.0.1:${http}` }));
      await untilLive(client, triton, plain, signal);
      // Its log names the GPUs before it listens; without one there is nothing to wait for.
      const inUse =
        gpuName && findGpuInUse(`http://127.0.0.1:${metrics}`, () => gpuName, GPU_LIMIT_MS, signal);
      const [version, index] = await Promise.all([client.version(), client.index()]);
      await explainUnread(index, repository, board);
      board.update(index.map((entry) => withPlainReason(entry, translated)));
      return new RunningNative(
        {
          version,
          gpu: (await inUse) ?? null,
          ports: { http, grpc, metrics },
          repository,
          translated,
          unloaded: this.#unloaded,
        },
        { client, board, triton, lifetime },
      );
    } catch (error) {
      await triton.kill();
      await lifetime[Symbol.asyncDispose]();
      throw error;
    }
  }
}

/** Translates the paths of folders that we made for the server into those that they stand for. */
function plainText({ translated, backendDirectory }: Surroundings, installation: TritonInstallation) {
  const original = installation.backendDirectory;
  return (text: string): string => {
    const staged = translated?.plain(text) ?? text;
    return backendDirectory !== undefined && original !== undefined
      ? staged.replaceAll(backendDirectory, original)
      : staged;
  };
}

/** Loading comes before listening, so that the first answer means that every model has been tried. */
async function untilLive(
  client: TritonClient,
  triton: TritonProcess,
  plain: (text: string) => string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    if (triton.hasExited) throw startFailure(await triton.exited, triton.lastLines.map(plain));
    if (await Promise.race([triton.unloadable, client.answers('live')])) return;
    await Promise.race([triton.unloadable, triton.exited, sleep(PROBE_EVERY_MS, undefined, { signal })]);
  }
}

function startFailure(reason: string, lastLines: readonly string[]): Error {
  const told = lastLines.filter((line) => !/^[|+]/.test(line)).slice(-8);
  return systemError('ENGINE_START_FAILED', `tritonserver ${reason}\n${told.join('\n')}`, {
    hint: 'its whole output is in the log above',
  });
}
