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

export interface LaunchOptions {
  readonly image: string;
  /** The project that the container belongs to, for its label. */
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

/** A little more than Triton's own exit timeout. */
const STOP_LIMIT_SECONDS = 8;

/** The messages of daemons that cannot grant optional settings. */
const NO_LIMITS = /error setting rlimit|ulimit|RLIMIT_/i;
const NO_INIT = /container-init binary not found|docker-init.*not found/i;

/**
 * Creates and starts the container. Settings that the daemon refuses are dropped one by one: an invisible mount becomes a
 * copy, raised limits (refused by rootless and nested daemons) become the daemon's own, a missing init is left out, and
 * NVIDIA's runtime becomes CDI. A container that failed to start is removed.
 */
export async function launchContainer(
  { docker, address, url }: DockerEndpoint,
  options: LaunchOptions,
  warn: (text: string) => void,
): Promise<LaunchedContainer> {
  const { image, project, repository, gpus } = options;
  const info: DaemonInfo = gpus === 'none' ? {} : await docker.info();
  const usesPodman = gpus !== 'none' && isPodman(await docker.version());
  const create = usesPodman ? createByPodman : createByDocker;
  const publishOn = publishAddress(address);
  if (publishOn === '0.0.0.0') {
    warn(
      `the Docker daemon is reached over plain TCP, so Triton's ports are open on every address of ${url}; use ssh:// to keep them closed`,
    );
  }
  let spec: ContainerSpec = {
    ...options,
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
      const reduced = withoutRefused(spec, reasonOf(error), info);
      if (!reduced) throw refused(error, image, gpus);
      spec = { ...reduced, labels: await ownershipLabels(project) };
    }
  }
}

const createByDocker = (docker: Docker, spec: ContainerSpec) =>
  docker.createContainer(containerOptions(spec));

/** The spec without the setting that the daemon refused; undefined if the reason is a different one. */
function withoutRefused(spec: ContainerSpec, reason: string, info: DaemonInfo): ContainerSpec | undefined {
  if (spec.mounted !== undefined && isUnseenFolder(reason)) return { ...spec, mounted: undefined };
  if (spec.ulimits && NO_LIMITS.test(reason)) return { ...spec, ulimits: false };
  if (spec.init && NO_INIT.test(reason)) return { ...spec, init: false };
  const hasCdi = (info.CDISpecDirs?.length ?? 0) > 0;
  const mayCdi = spec.gpus !== 'none' && spec.gpuForm === 'runtime' && hasCdi;
  return mayCdi && isGpuRefusal(reason) ? { ...spec, gpuForm: 'cdi' } : undefined;
}

/** Stops and removes a container and its volumes; does nothing if it is already gone. */
export async function removeContainer(container: Docker.Container): Promise<void> {
  try {
    await container.stop({ t: STOP_LIMIT_SECONDS });
  } catch (error) {
    // 304: it has already exited.
    if (statusOf(error) === undefined) throw error;
  }
  try {
    await container.remove({ force: true, v: true });
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}
