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
  /** Limit for everything together; later answers count as a failure. */
  readonly limitMs?: number;
}

export interface DockerServer {
  readonly version: string;
  readonly apiVersion: string;
  /** Platform of the daemon's machine, such as `linux/amd64`. */
  readonly platform: string;
  /** What it calls itself, such as `Docker Engine` or `Podman Engine`. */
  readonly product: string;
}

export interface DockerDescription {
  /** The daemon to use; pass it to DockerEngine to avoid a second search. */
  readonly endpoint: DockerEndpoint | undefined;
  readonly attempts: readonly EndpointAttempt[];
  /** Why it cannot be used, and what fixes that; undefined if it can. */
  readonly problem: string | undefined;
  readonly remedy: string | undefined;
  readonly server: DockerServer | undefined;
  readonly image: {
    readonly reference: string;
    /** The command that fetches or builds it, and its size. */
    readonly howToObtain: string;
    readonly bytes: number | undefined;
    readonly present: boolean;
  };
  /** How it offers GPUs; null if it does not. A start may still be refused. */
  readonly gpu: GpuForm | null;
}

const LIMIT_MS = 2_500;

/** Finds the daemon, and reports whether the image is present and how GPUs are offered. Never throws or pulls. */
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
        problem: 'the Docker daemon answers pings, but nothing else',
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

/** CDI specifications for NVIDIA GPUs on this machine. */
export async function cdiSpecs(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const directory of ['/etc/cdi', '/var/run/cdi']) {
    const names = await readdir(directory).catch(() => []);
    found.push(...names.filter((it) => /nvidia/.test(it)).map((it) => `${directory}/${it}`));
  }
  return found;
}
