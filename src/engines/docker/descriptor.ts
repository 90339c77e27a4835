import { existsSync } from 'node:fs';
import { BoundedEngine } from '../bounded-engine.ts';
import {
  CHOSEN,
  type EngineCriteria,
  type EngineDescriptor,
  type EngineOffer,
  type EnginePlan,
} from '../descriptor.ts';
import { behindGateway } from '../gateway-front.ts';
import { endpointSources, listCandidates } from './daemon/candidates.ts';
import { type DockerDescription, describeDocker } from './daemon/describe.ts';
import { DockerEngine, type DockerEngineOptions } from './docker-engine.ts';
import type { GpuChoice } from './gpu.ts';

/** In `auto`, how long to wait for a daemon to describe itself. */
const DESCRIBE_LIMIT_MS = 1_500;
const NO_GPU = 'the Docker daemon provides no GPU';

/** Triton in a container. */
export const dockerDescriptor: EngineDescriptor = {
  kind: 'docker',
  modelsRun: 'in the container',
  gpus: 'selects',
  /** Asking for docker by name is consent to pull its image. */
  planChosen: ({ engine }) =>
    plan(CHOSEN, { gpus: gpuChoice(engine.gpus ?? 'none'), endpoint: undefined, missingImage: 'pull' }),
  offer,
};

async function offer(criteria: EngineCriteria): Promise<EngineOffer> {
  const { environment } = criteria;
  const { image, slimBase, dockerHost, gpus } = criteria.engine;
  if (!(await mayHaveDaemon(criteria)))
    return { plans: [], problem: 'there is no Docker daemon on this machine' };
  const options = { environment, dockerHost, image, slimBase, limitMs: DESCRIBE_LIMIT_MS };
  const docker = await describeDocker(options);
  const needsGpu = gpus !== undefined && gpus !== 'none';
  const problem = problemOf(docker, needsGpu);
  if (problem !== undefined) return { plans: [], problem };
  const { product = 'Docker', version = '' } = docker.server ?? {};
  const using = `${product.replace(' Engine', '')} ${version} with ${docker.image.reference}`;
  const common = { endpoint: docker.endpoint, missingImage: 'fail' } as const;
  const plans: EnginePlan[] = [];
  if (gpus !== 'none' && docker.gpu !== null)
    plans.push(plan(`${using} and GPU`, { ...common, gpus: gpuChoice(gpus ?? 'all') }));
  if (!needsGpu) plans.push(plan(`${using}, no GPU`, { ...common, gpus: 'none' }));
  return { plans };
}

/**
 * Whether a daemon could answer at all. If every known socket is local and does not exist, Docker's client, which takes
 * longer to load than the embedded engine takes to start, is not even loaded.
 */
async function mayHaveDaemon({ environment, engine }: EngineCriteria): Promise<boolean> {
  const candidates = await listCandidates(endpointSources(environment, engine.dockerHost));
  return candidates.some(({ address }) =>
    address?.kind === 'socket' ? existsSync(address.path) : address !== undefined,
  );
}

/** Why the daemon cannot serve; undefined if it can. */
function problemOf(docker: DockerDescription, needsGpu: boolean): string | undefined {
  if (docker.problem !== undefined || docker.endpoint === undefined)
    return docker.problem ?? 'no daemon answers';
  if (!docker.image.present)
    return `the image ${docker.image.reference} is not there (${docker.image.howToObtain})`;
  return needsGpu && docker.gpu === null ? NO_GPU : undefined;
}

function gpuChoice(gpus: string): GpuChoice {
  return gpus === 'all' || gpus === 'none' ? gpus : gpus.split(',');
}

/** @param found what was learned about the daemon while planning */
function plan(
  reason: string,
  found: Pick<DockerEngineOptions, 'gpus' | 'endpoint' | 'missingImage'>,
): EnginePlan {
  return {
    kind: 'docker',
    reason,
    make(context) {
      const { config, stagedRepository, skipDownload, events } = context;
      const { image, slimBase, dockerHost, tritonArgs } = config.engine;
      const engine = new DockerEngine({
        ...found,
        repository: stagedRepository,
        image,
        slimBase,
        dockerHost,
        skipDownload,
        environment: config.environment,
        project: config.projectDir,
        events,
        startLimitMs: config.start.timeoutMs,
        serverArguments: tritonArgs,
      });
      // It enforces the limit itself, since it may have to download first.
      return behindGateway(new BoundedEngine(engine, undefined), context);
    },
  };
}
