import { existsSync } from 'node:fs';
import path from 'node:path';
import { systemError } from '../base/index.ts';
import type { ProjectConfig } from '../config/index.ts';
import { endpointSources, listCandidates } from './docker/candidates.ts';
import { type DockerDescription, describeDocker } from './docker/describe.ts';
import type { DockerEndpoint } from './docker/endpoint.ts';
import type { GpuChoice } from './docker/gpu.ts';
import { findManagedTriton } from './native/environment.ts';
import {
  describeInstallation,
  findTritonOnPath,
  hasOnnxRuntimePackage,
  isProgram,
} from './native/installation.ts';

/** What the choice of an engine depends on. */
export interface EngineWishes extends Pick<ProjectConfig, 'engine' | 'home' | 'environment'> {
  readonly external: Pick<ProjectConfig['external'], 'url'>;
  /** Backends that the project's models need, as their folders are called; decides whether native will do. */
  readonly backends: readonly string[];
}

/** One way to serve the models, with what was found out while choosing it; `reason` is why this one, for people. */
export type EnginePlan = { readonly reason: string } & (
  | {
      readonly kind: 'docker';
      readonly gpus: GpuChoice;
      readonly endpoint: DockerEndpoint | undefined;
      /** Whether the user asked for docker by name; then the image may be pulled. */
      readonly mayPull: boolean;
    }
  /** Without a program, the managed environment is built first. */
  | { readonly kind: 'native'; readonly program: string | undefined }
  | { readonly kind: 'external'; readonly url: string }
  | { readonly kind: 'embedded' }
);

/** A daemon that takes longer to say what it has is not waited for in `auto`. */
const DOCKER_LIMIT_MS = 1_500;

/**
 * The ways to serve, best first. An engine chosen by name is the only one; `auto` gives docker with GPUs, docker,
 * native and embedded as far as they are there, and never has anything downloaded.
 * @throws ENGINE_UNAVAILABLE (exit 5) when what was asked for cannot be, with the command that mends it
 */
export async function planEngines(
  wishes: EngineWishes,
  platform: NodeJS.Platform = process.platform,
): Promise<readonly [EnginePlan, ...EnginePlan[]]> {
  const { choice, gpus } = wishes.engine;
  const wantsGpu = gpus !== undefined && gpus !== 'none';
  switch (choice) {
    case 'docker':
      return [
        {
          kind: 'docker',
          gpus: gpuChoice(gpus ?? 'none'),
          endpoint: undefined,
          mayPull: true,
          reason: CHOSEN,
        },
      ];
    case 'native':
      return [{ kind: 'native', program: nativeProgram(wishes, platform), reason: CHOSEN }];
    case 'external':
      return [externalPlan(wishes)];
    case 'embedded':
      if (wantsGpu) throw noGpu('the embedded engine uses no GPU');
      return [{ kind: 'embedded', reason: CHOSEN }];
    case 'auto':
      return planAutomatically(wishes, wantsGpu);
    default:
      return choice satisfies never;
  }
}

const CHOSEN = 'chosen by --engine';

async function planAutomatically(
  wishes: EngineWishes,
  wantsGpu: boolean,
): Promise<readonly [EnginePlan, ...EnginePlan[]]> {
  const { environment } = wishes;
  const { image, slimBase, dockerHost, gpus } = wishes.engine;
  const docker = (await mayHaveDocker(environment, dockerHost))
    ? await describeDocker({ environment, dockerHost, image, slimBase, limitMs: DOCKER_LIMIT_MS })
    : undefined;
  const whyNot = docker ? dockerProblem(docker, wantsGpu) : 'no Docker daemon is on this machine';
  const plans: EnginePlan[] = [];
  if (docker && whyNot === undefined) {
    const { product = 'Docker', version = '' } = docker.server ?? {};
    const using = `${product.replace(' Engine', '')} ${version} with ${docker.image.reference}`;
    const { endpoint } = docker;
    if (gpus !== 'none' && docker.gpu !== null)
      plans.push({
        kind: 'docker',
        gpus: gpuChoice(gpus ?? 'all'),
        endpoint,
        mayPull: false,
        reason: `${using} and GPU`,
      });
    if (!wantsGpu)
      plans.push({ kind: 'docker', gpus: 'none', endpoint, mayPull: false, reason: `${using}, no GPU` });
  }
  if (wantsGpu) {
    const [first, ...others] = plans;
    if (!first) throw noGpu(whyNot ?? 'the Docker daemon hands out no GPU');
    return [first, ...others];
  }
  const because = whyNot === undefined ? '' : `; docker: ${whyNot}`;
  const program = wishes.engine.tritonserver ?? foundTriton(wishes);
  const noNative = nativeProblem(program, wishes.backends);
  if (program !== undefined && noNative === undefined)
    plans.push({ kind: 'native', program, reason: `tritonserver at ${program}${because}` });
  const reason = `in this process, on the CPU${because}${noNative === undefined ? '' : `; native: ${noNative}`}`;
  const embedded: EnginePlan = { kind: 'embedded', reason };
  const [first, ...others] = plans;
  return first ? [first, ...others, embedded] : [embedded];
}

/**
 * Whether a daemon could answer anywhere. Where all that is known of are local sockets that do not exist, Docker's
 * client, which takes longer to load than the embedded engine to start, is not even loaded.
 */
async function mayHaveDocker(
  environment: EngineWishes['environment'],
  dockerHost: string | undefined,
): Promise<boolean> {
  const candidates = await listCandidates(endpointSources(environment, dockerHost));
  return candidates.some(({ address }) =>
    address?.kind === 'socket' ? existsSync(address.path) : address !== undefined,
  );
}

/** Why docker is left out in `auto`; undefined where it is not. */
function dockerProblem(docker: DockerDescription, wantsGpu: boolean): string | undefined {
  if (docker.problem !== undefined || docker.endpoint === undefined)
    return docker.problem ?? 'no daemon answers';
  if (!docker.image.present)
    return `the image ${docker.image.reference} is not there (${docker.image.howToObtain})`;
  return wantsGpu && docker.gpu === null ? 'the Docker daemon hands out no GPU' : undefined;
}

/** Why native is left out in `auto`; undefined where it is not. */
function nativeProblem(program: string | undefined, backends: readonly string[]): string | undefined {
  if (program === undefined) return 'no tritonserver on PATH';
  if (!isProgram(program)) return `${program} is no program that can be run`;
  const installation = describeInstallation(program);
  const { backendDirectory } = installation;
  if (backendDirectory === undefined) return undefined;
  const missing = backends
    .filter((backend) => !existsSync(path.join(backendDirectory, backend)))
    .filter((backend) => backend !== 'onnxruntime' || !hasOnnxRuntimePackage(installation));
  return missing.length === 0 ? undefined : `${program} has no backend ${missing.join(', ')}`;
}

function gpuChoice(gpus: string): GpuChoice {
  return gpus === 'all' || gpus === 'none' ? gpus : gpus.split(',');
}

function nativeProgram(wishes: EngineWishes, platform: NodeJS.Platform): string | undefined {
  const { tritonserver } = wishes.engine;
  if (platform === 'win32') {
    throw systemError('ENGINE_UNAVAILABLE', 'there is no native tritonserver for Windows', {
      hint: 'use --engine docker or --engine embedded, or run triton-local in WSL',
    });
  }
  if (tritonserver !== undefined && !isProgram(tritonserver)) {
    throw systemError('ENGINE_UNAVAILABLE', `--tritonserver: ${tritonserver} is no program that can be run`, {
      hint: 'give the path of the tritonserver program itself, or leave the flag out',
    });
  }
  return tritonserver ?? foundTriton(wishes);
}

/** Whether the native engine was asked for and has no server: one would have to be installed. */
export function lacksTriton(
  wishes: Pick<EngineWishes, 'engine' | 'environment' | 'home'>,
  platform: NodeJS.Platform = process.platform,
): boolean {
  if (wishes.engine.choice !== 'native' || platform === 'win32') return false;
  return wishes.engine.tritonserver === undefined && foundTriton(wishes) === undefined;
}

function foundTriton({ environment, home }: Pick<EngineWishes, 'environment' | 'home'>): string | undefined {
  return findTritonOnPath(environment) ?? findManagedTriton(home);
}

function externalPlan({ external: { url } }: EngineWishes): EnginePlan {
  if (url !== undefined) return { kind: 'external', url, reason: `the Triton at ${url}` };
  throw systemError('ENGINE_UNAVAILABLE', 'the external engine needs the URL of a running Triton', {
    hint: 'add --triton-url http://HOST:8000',
  });
}

function noGpu(why: string): Error {
  return systemError('ENGINE_UNAVAILABLE', `a GPU was asked for, but ${why}`, {
    hint: 'triton-local doctor tells what is missing; --gpus none serves without a GPU',
  });
}
