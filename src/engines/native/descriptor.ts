import { existsSync } from 'node:fs';
import path from 'node:path';
import { systemError } from '../../base/index.ts';
import { BoundedEngine } from '../bounded-engine.ts';
import {
  CHOSEN,
  type EngineCriteria,
  type EngineDescriptor,
  type EngineOffer,
  type EnginePlan,
  type InstallationCriteria,
} from '../descriptor.ts';
import { behindGateway } from '../gateway-front.ts';
import { NativeEngine } from './engine.ts';
import { buildManagedTriton, findManagedTriton, MANAGED_TRITON } from './environment.ts';
import { describeInstallation, findTritonOnPath, hasOnnxRuntimePackage, isProgram } from './installation.ts';

/** A `tritonserver` program on this machine, which uses the GPUs that it sees. */
export const nativeDescriptor: EngineDescriptor = {
  kind: 'native',
  modelsRun: 'on this machine',
  gpus: 'ignored',
  planChosen: (criteria) => plan(CHOSEN, chosenProgram(criteria)),
  offer,
  missingInstallation: (criteria) =>
    criteria.platform === 'win32' || findProgram(criteria) !== undefined
      ? undefined
      : {
          missing: 'the native engine has no tritonserver',
          package: MANAGED_TRITON,
          alternative: 'name a server with --tritonserver',
        },
};

function offer(criteria: EngineCriteria): EngineOffer {
  const program = findProgram(criteria);
  if (program === undefined) return { plans: [], problem: 'no tritonserver on PATH' };
  const problem = problemOf(program, criteria.backends);
  return problem === undefined
    ? { plans: [plan(`tritonserver at ${program}`, program)] }
    : { plans: [], problem };
}

/** Why this program cannot serve models that need these backends; undefined if it can. */
function problemOf(program: string, backends: readonly string[]): string | undefined {
  if (!isProgram(program)) return `${program} is not executable`;
  const installation = describeInstallation(program);
  const { backendDirectory } = installation;
  if (backendDirectory === undefined) return undefined;
  const missing = backends
    .filter((backend) => !existsSync(path.join(backendDirectory, backend)))
    .filter((backend) => backend !== 'onnxruntime' || !hasOnnxRuntimePackage(installation));
  return missing.length === 0 ? undefined : `${program} has no backend ${missing.join(', ')}`;
}

/** @returns undefined if one must be installed first */
function chosenProgram(criteria: EngineCriteria): string | undefined {
  const { tritonserver } = criteria.engine;
  if (criteria.platform === 'win32') {
    throw systemError('ENGINE_UNAVAILABLE', 'there is no native tritonserver for Windows', {
      hint: 'use --engine docker or --engine embedded, or run triton-local in WSL',
    });
  }
  if (tritonserver !== undefined && !isProgram(tritonserver)) {
    throw systemError('ENGINE_UNAVAILABLE', `--tritonserver: ${tritonserver} is not executable`, {
      hint: 'give the path of the tritonserver program itself, or omit the flag',
    });
  }
  return findProgram(criteria);
}

function findProgram({ engine, environment, home }: InstallationCriteria): string | undefined {
  return engine.tritonserver ?? findTritonOnPath(environment) ?? findManagedTriton(home);
}

/** @param found undefined builds the managed environment first */
function plan(reason: string, found: string | undefined): EnginePlan {
  return {
    kind: 'native',
    reason,
    async make(context, signal) {
      const { config, stagedRepository, sharedMemoryPrefix, uses, events } = context;
      const { environment, home } = config;
      const program = found ?? (await buildManagedTriton(home, environment, events, signal));
      await uses(program);
      const engine = new NativeEngine({
        program,
        repository: stagedRepository,
        workDirectory: path.join(path.dirname(stagedRepository), 'native'),
        sharedMemoryPrefix,
        environment,
        tritonArgs: config.engine.tritonArgs,
        events,
      });
      return behindGateway(new BoundedEngine(engine, config.start.timeoutMs), context);
    },
  };
}
