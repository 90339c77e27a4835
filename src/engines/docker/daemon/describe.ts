import { readdir } from 'node:fs/promises';
import type Docker from 'dockerode';
import { messageOf, within } from '../../../base/index.ts';
import { type DaemonInfo, type GpuForm, gpuForm } from '../gpu.ts';
import { wantedImage } from '../image/image.ts';
import { howToObtain } from '../image/obtain-image.ts';
import { endpointSources } from './candidates.ts';
import { reasonOf, statusOf } from './docker-error.ts';
import { type DockerEndpoint, dockerRemedy, type EndpointAttempt, findDocker } from './endpoint.ts';
import { isPodman, productOf } from './product.ts';

export interface DescribeDockerOptions {
  readonly environment: Readonly<Record<string, string>>;
  readonly dockerHost?: string | undefined;
  readonly image?: string | undefined;
  readonly slimBase?: string | undefined;
  /** For everything together; a daemon that answers later counts as none. */
  readonly limitMs?: number;
}

export interface DockerServer {
  readonly version: string;
  readonly apiVersion: string;
  /** `linux/amd64`, as the daemon's machine is. */
  readonly platform: string;
  /** `Docker Engine`, `Podman Engine` …, as it calls itself. */
  readonly product: string;
}

export interface DockerDescription {
  /** The daemon to use; hand it to DockerEngine, which then need not look again. */
  readonly endpoint: DockerEndpoint | undefined;
  readonly attempts: readonly EndpointAttempt[];
  /** Why it cannot be used, and what mends it; undefined where it can. */
  readonly problem: string | undefined;
  readonly remedy: string | undefined;
  readonly server: DockerServer | undefined;
  readonly image: {
    readonly reference: string;
    /** The command that gets it, and its size. */
    readonly howToObtain: string;
    readonly bytes: number | undefined;
    readonly present: boolean;
  };
  /** How it would hand out GPUs; null where it cannot. A refusal at start is still possible. */
  readonly gpu: GpuForm | null;
}

const LIMIT_MS = 2_500;

/** Whether there is a daemon and which, whether the image is there, how it hands out GPUs. Never throws, never pulls. */
export async function describeDocker(options: DescribeDockerOptions): Promise<DockerDescription> {
  const { environment, dockerHost, limitMs = LIMIT_MS } = options;
  const wanted = await wantedImage(options.image, options.slimBase);
  const image = { reference: wanted.reference, howToObtain: howToObtain(wanted) };
  const began = performance.now();
  const search = await findDocker(endpointSources(environment, dockerHost), Math.min(1_500, limitMs));
  const nothing = {
    attempts: search.attempts,
    server: undefined,
    image: { ...image, bytes: undefined, present: false },
    gpu: null,
  };
  if (!search.endpoint) {
    return {
      ...nothing,
      endpoint: undefined,
      problem: 'no Docker daemon answers',
      remedy: dockerRemedy(search.attempts, process.platform),
    };
  }
  const { docker } = search.endpoint;
  const facts = gather(docker, image);
  facts.catch(() => {});
  const left = Math.max(200, limitMs - (performance.now() - began));
  try {
    if (!(await within(facts, left))) {
      return {
        ...nothing,
        endpoint: undefined,
        problem: 'the Docker daemon answers a ping, but nothing else',
        remedy: 'restart it',
      };
    }
    return { ...(await facts), endpoint: search.endpoint, attempts: search.attempts };
  } catch (error) {
    return { ...nothing, endpoint: undefined, problem: messageOf(error), remedy: 'restart it' };
  }
}

async function gather(docker: Docker, image: { readonly reference: string; readonly howToObtain: string }) {
  const [version, info, bytes] = await Promise.all([
    docker.version(),
    docker.info() as Promise<DaemonInfo & { readonly OSType?: string }>,
    imageSize(docker, image.reference),
  ]);
  const isWindows = info.OSType === 'windows';
  return {
    problem: isWindows ? 'the daemon runs Windows containers, and Triton needs Linux ones' : undefined,
    remedy: isWindows ? 'switch Docker Desktop to Linux containers' : undefined,
    server: {
      version: version.Version,
      apiVersion: version.ApiVersion,
      platform: `${version.Os}/${version.Arch}`,
      product: productOf(version),
    },
    image: { ...image, bytes, present: bytes !== undefined },
    gpu: gpuForm(info, isPodman(version)),
  };
}

async function imageSize(docker: Docker, reference: string): Promise<number | undefined> {
  try {
    return (await docker.getImage(reference).inspect()).Size;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw new Error(reasonOf(error));
  }
}

/** Folders of CDI specifications on this machine that hold one for NVIDIA. */
export async function cdiSpecs(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const directory of ['/etc/cdi', '/var/run/cdi']) {
    const names = await readdir(directory).catch(() => []);
    found.push(...names.filter((it) => /nvidia/.test(it)).map((it) => `${directory}/${it}`));
  }
  return found;
}
