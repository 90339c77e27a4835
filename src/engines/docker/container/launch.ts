import type Docker from 'dockerode';
import { isGone, reasonOf, statusOf } from '../daemon/docker-error.ts';
import type { DockerEndpoint } from '../daemon/endpoint.ts';
import { isPodman } from '../daemon/product.ts';
import { type DaemonInfo, type GpuChoice, gpuForm, isGpuRefusal } from '../gpu.ts';
import { refused } from './failure.ts';
import { copyRepository, isUnseenFolder } from './model-copy.ts';
import { ownershipLabels } from './ownership.ts';
import { createByPodman } from './podman.ts';
import { publishAddress } from './published-ports.ts';
import { type ContainerSpec, containerOptions } from './spec.ts';

export interface LaunchWishes {
  readonly image: string;
  /** What the container belongs to, for its label. */
  readonly project: string;
  /** The folder to serve. */
  readonly repository: string;
  readonly gpus: GpuChoice;
  readonly shmBytes: number | undefined;
  readonly user: string | undefined;
  readonly serverArguments: readonly string[] | undefined;
}

export interface LaunchedContainer {
  readonly container: Docker.Container;
  /** False where the repository was copied into it. */
  readonly mounted: boolean;
}

/** A little more than Triton gives itself. */
const STOP_LIMIT_SECONDS = 8;

/** What daemons refuse although it is asked for everywhere, by their words. */
const NO_LIMITS = /error setting rlimit|ulimit|RLIMIT_/i;
const NO_INIT = /container-init binary not found|docker-init.*not found/i;

/**
 * Creates and starts. What a daemon refuses is done without, each thing once: a mount it cannot see becomes a copy,
 * raised limits (rootless and nested daemons may not) its own, an init that it lacks none, NVIDIA's runtime the CDI
 * form. A container that was refused is gone again.
 */
export async function launchContainer(
  { docker, address, url }: DockerEndpoint,
  wishes: LaunchWishes,
  warn: (text: string) => void,
): Promise<LaunchedContainer> {
  const { image, project, repository, gpus } = wishes;
  const info: DaemonInfo = gpus === 'none' ? {} : await docker.info();
  const usesPodman = gpus !== 'none' && isPodman(await docker.version());
  const create = usesPodman ? createByPodman : createByDocker;
  const publishOn = publishAddress(address);
  if (publishOn === '0.0.0.0') {
    warn(
      `the Docker daemon is reached by plain TCP: Triton's ports are open on every address of ${url}; ssh:// keeps them closed`,
    );
  }
  let spec: ContainerSpec = {
    ...wishes,
    labels: await ownershipLabels(project),
    mounted: address.kind === 'socket' ? repository : undefined,
    gpuForm: gpuForm(info, usesPodman) ?? 'runtime',
    ulimits: true,
    init: true,
    publishOn,
  };
  for (;;) {
    let container: Docker.Container | undefined;
    try {
      container = await create(docker, spec);
      if (spec.mounted === undefined) await copyRepository(container, repository);
      await container.start();
      return { container, mounted: spec.mounted !== undefined };
    } catch (error) {
      if (container) await removeContainer(container);
      const less = withLess(spec, reasonOf(error), info);
      if (!less) throw refused(error, image, gpus);
      spec = { ...less, labels: await ownershipLabels(project) };
    }
  }
}

const createByDocker = (docker: Docker, spec: ContainerSpec) =>
  docker.createContainer(containerOptions(spec));

/** The same without what these words refuse; undefined where it is nothing that can be done without. */
function withLess(spec: ContainerSpec, reason: string, info: DaemonInfo): ContainerSpec | undefined {
  if (spec.mounted !== undefined && isUnseenFolder(reason)) return { ...spec, mounted: undefined };
  if (spec.ulimits && NO_LIMITS.test(reason)) return { ...spec, ulimits: false };
  if (spec.init && NO_INIT.test(reason)) return { ...spec, init: false };
  const hasCdi = (info.CDISpecDirs?.length ?? 0) > 0;
  const mayCdi = spec.gpus !== 'none' && spec.gpuForm === 'runtime' && hasCdi;
  return mayCdi && isGpuRefusal(reason) ? { ...spec, gpuForm: 'cdi' } : undefined;
}

/** Stops and removes a container, its output with it; one that is gone already is no fault. */
export async function removeContainer(container: Docker.Container): Promise<void> {
  try {
    await container.stop({ t: STOP_LIMIT_SECONDS });
  } catch (error) {
    // 304: it has ended already.
    if (statusOf(error) === undefined) throw error;
  }
  try {
    await container.remove({ force: true, v: true });
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}
