import { homedir } from 'node:os';
import path from 'node:path';
import type Docker from 'dockerode';
import { Lifetime, messageOf } from '../../base/index.ts';
import type { EventSink } from '../../events/index.ts';
import type { EngineEndpoints } from '../../proxy/index.ts';
import type { Engine, RunningEngine } from '../engine.ts';
import { findGpuInUse } from '../gpu-in-use.ts';
import { notePollFailure } from '../load-failure.ts';
import { ModelBoard } from '../model-board.ts';
import { TranslatedRepository } from '../onnx-as-python/translated-repository.ts';
import { translateEvents } from '../translated-events.ts';
import { TritonClient } from '../triton-client.ts';
import { endpointSources } from './candidates.ts';
import { exitReason, gpuUnavailable } from './container-failure.ts';
import { launchContainer, removeContainer } from './container-launch.ts';
import { ContainerLog } from './container-log.ts';
import { ContainerModels } from './container-models.ts';
import { reasonOf, statusOf } from './docker-error.ts';
import { type DockerEndpoint, dockerUnavailable, findDocker } from './endpoint.ts';
import type { GpuChoice } from './gpu.ts';
import { wantedImage } from './image.ts';
import { imageMissing, obtainImage } from './obtain-image.ts';
import { containerTeller } from './onnx-in-container.ts';
import { ownershipLabels, sweepOrphans } from './ownership.ts';
import { inspectImage, newestTritonImage, type PresentImage } from './present-image.ts';
import { type PublishedPorts, publishedPorts } from './published-ports.ts';
import { ServedRepository } from './served-repository.ts';
import { untilLive } from './until-live.ts';

export interface DockerEngineOptions {
  /** The staged model repository; mounted read-only, or copied where the daemon cannot see it. */
  readonly repository: string;
  /** A name of the image table (`24.10`), `slim`, a reference, or nothing for the default. */
  readonly image?: string | undefined;
  /** What `slim` is built on. */
  readonly slimBase?: string | undefined;
  readonly gpus: GpuChoice;
  /** What to do where the image is missing; `pull` may fetch 8 to 20 GB, or build the slim one. */
  readonly missingImage: 'pull' | 'fail';
  /** Ends a download or build: another Triton image that is there serves then. */
  readonly skipDownload?: AbortSignal | undefined;
  /** `--docker-host`. */
  readonly dockerHost?: string | undefined;
  /** A daemon found before; saves looking again. */
  readonly endpoint?: DockerEndpoint | undefined;
  /** The environment as `config` read it: `DOCKER_HOST`, contexts, credential helpers, ssh. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the container belongs to, for its label. */
  readonly project: string;
  readonly events: EventSink;
  readonly startLimitMs?: number;
  readonly shmBytes?: number | undefined;
  readonly user?: string | undefined;
  readonly serverArguments?: readonly string[] | undefined;
}

export interface DockerEndpoints extends EngineEndpoints {
  /** `host:port` of the gRPC service. */
  readonly grpc: string;
  /** Base of the metrics service, without `/metrics`. */
  readonly metrics: string;
}

export interface RunningDockerEngine extends RunningEngine {
  readonly endpoints: DockerEndpoints;
  readonly containerId: string;
}

const START_LIMIT_MS = 300_000;
const GPU_LIMIT_MS = 5_000;

/** Triton in a container, through any Docker-compatible daemon here or elsewhere. */
export class DockerEngine implements Engine {
  readonly kind = 'docker';
  readonly #options: DockerEngineOptions;

  constructor(options: DockerEngineOptions) {
    this.#options = options;
  }

  /**
   * @throws DOCKER_UNAVAILABLE, DOCKER_IMAGE_MISSING, DOCKER_PULL_FAILED, DOCKER_BUILD_FAILED,
   * DOCKER_GPU_UNAVAILABLE, DOCKER_IMAGE_UNFIT,
   * ENGINE_START_FAILED with exit code and last lines, START_TIMED_OUT.
   */
  async start(signal: AbortSignal): Promise<RunningDockerEngine> {
    const lifetime = new Lifetime();
    try {
      return await this.#start(lifetime, signal);
    } catch (error) {
      await lifetime[Symbol.asyncDispose]().catch((problem: unknown) => this.#warn(messageOf(problem)));
      throw error;
    }
  }

  async #start(lifetime: Lifetime, signal: AbortSignal): Promise<RunningDockerEngine> {
    const { repository, gpus, environment, events } = this.#options;
    const endpoint = this.#options.endpoint ?? (await this.#find());
    const { docker, address } = endpoint;
    await sweepOrphans(docker).catch((error: unknown) =>
      this.#warn(`containers of an earlier run could not be removed: ${reasonOf(error)}`),
    );
    const image = await this.#image(docker, signal);
    signal.throwIfAborted();

    const served = await this.#served(endpoint, image);
    signal.throwIfAborted();
    const ownEvents = translateEvents(events, (text) => served.plain(text));
    const board = new ModelBoard(ownEvents);
    const log = new ContainerLog(ownEvents, (text) => notePollFailure(served.plain(text), board));
    const { project, shmBytes, user, serverArguments } = this.#options;
    const { container, mounted } = await launchContainer(
      endpoint,
      {
        image: image.reference,
        project,
        repository: served.directory,
        gpus,
        shmBytes,
        user,
        serverArguments,
      },
      (text) => this.#warn(text),
    );
    lifetime.defer('Triton container', () => removeContainer(container));
    const ended = this.#watch(container);
    lifetime.defer('log of the container', () => log.close());
    await log.follow(container);
    signal.throwIfAborted();
    const ports = await publishedPorts(container, address, environment, signal);
    lifetime.use('tunnel to the container', ports);
    const client = lifetime.use('connection', new TritonClient({ http: `http://${ports.http}` }));
    const limitMs = this.#options.startLimitMs ?? START_LIMIT_MS;
    await untilLive({ client, container, image: image.reference, ended, log, limitMs }, signal);

    const gpu = gpus === 'none' ? null : await this.#verifyGpu(ports, log, signal);
    const copyTo = mounted ? undefined : container;
    const models = new ContainerModels({ client, board, served, copyTo, repository });
    await models.refresh();
    let stopping = false;
    lifetime.defer('watch on the container', () => {
      stopping = true;
    });
    return {
      kind: this.kind,
      containerId: container.id,
      version: await client.version(),
      gpu,
      endpoints: { http: `http://${ports.http}`, grpc: ports.grpc, metrics: `http://${ports.metrics}` },
      load: (model) => models.load(model),
      unload: (model) => models.unload(model),
      publish: (model) => models.publish(model),
      models: () => models.list(),
      loadFailure: (model) => models.loadFailure(model),
      refresh: () => models.refresh(),
      exited: new Promise((resolve) => {
        void ended.then((reason) => {
          if (!stopping) resolve(reason);
        });
      }),
      [Symbol.asyncDispose]: () => lifetime[Symbol.asyncDispose](),
    };
  }

  async #find(): Promise<DockerEndpoint> {
    const sources = endpointSources(this.#options.environment, this.#options.dockerHost);
    const search = await findDocker(sources);
    if (!search.endpoint) throw dockerUnavailable(search, process.platform);
    return search.endpoint;
  }

  /** An image that is there. */
  async #image(docker: Docker, signal: AbortSignal): Promise<PresentImage> {
    const { image, slimBase, missingImage, environment, events, skipDownload } = this.#options;
    const wanted = await wantedImage(image, slimBase);
    const found = await inspectImage(docker, wanted.reference);
    if (found) return found;
    if (missingImage === 'fail') throw imageMissing(wanted);
    const wait = skipDownload ? AbortSignal.any([signal, skipDownload]) : signal;
    try {
      await obtainImage(wanted, { docker, environment, homeDirectory: homedir(), events }, wait);
    } catch (error) {
      if (signal.aborted || !skipDownload?.aborted) throw error;
      const other = await newestTritonImage(docker);
      if (!other) throw imageMissing(wanted);
      this.#warn(
        `${wanted.reference} is not waited for: ${other.reference}, which is on this machine, serves`,
      );
      return other;
    }
    const obtained = await inspectImage(docker, wanted.reference);
    if (!obtained) throw imageMissing(wanted);
    return obtained;
  }

  /** What the container serves: the staged repository itself wherever its server can run all of it. */
  async #served({ docker, address }: DockerEndpoint, image: PresentImage): Promise<ServedRepository> {
    const { repository, project } = this.#options;
    if (!image.lacksOnnx) return new ServedRepository(repository, undefined);
    const workDirectory = path.join(path.dirname(path.resolve(repository)), 'docker');
    const tell = containerTeller({
      docker,
      image: image.reference,
      labels: await ownershipLabels(project),
      repository,
      workDirectory,
      mount: address.kind === 'socket',
    });
    const directory = path.join(workDirectory, 'models');
    const translated = new TranslatedRepository({ source: repository, directory, tell });
    await translated.translateAll();
    return new ServedRepository(repository, translated);
  }

  /** Resolves with the reason once the container has ended. `not-running`, so that an exit before this is seen too. */
  async #watch(container: Docker.Container): Promise<string> {
    try {
      await container.wait({ condition: 'not-running' });
      return exitReason((await container.inspect()).State);
    } catch (error) {
      return statusOf(error) === undefined
        ? `the connection to the Docker daemon was lost: ${reasonOf(error)}`
        : 'the container was removed';
    }
  }

  async #verifyGpu(ports: PublishedPorts, log: ContainerLog, signal: AbortSignal): Promise<string> {
    const found = await findGpuInUse(`http://${ports.metrics}`, () => log.gpuName, GPU_LIMIT_MS, signal);
    if (found !== undefined) return found;
    throw gpuUnavailable('one was asked for and the container started, but Triton sees none');
  }

  #warn(text: string): void {
    this.#options.events.emit({ type: 'log.line', source: 'emulator', level: 'warning', text });
  }
}
