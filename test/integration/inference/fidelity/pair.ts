import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EventBus } from '../../../../src/events/index.ts';
import { startInferenceServer } from '../../../../src/inference/index.ts';
import { modelPython } from '../../../helpers/python.ts';
import { RestartingTriton } from '../../../helpers/restarting-triton.ts';
import { startBareTriton } from '../../../helpers/triton-process.ts';
import { PROJECT } from '../golden-repository.ts';
import { type ComparableAnswer, comparable } from './comparison.ts';
import { exchange, type WireRequest } from './exchange.ts';
import { type PeerModel, writeModel } from './models.ts';

export interface Side {
  /** The port of HTTP. */
  readonly port: number;
  readonly grpcPort: number;
  readonly repository: string;
}

/** The real server and ours on the same models. */
export interface Pair extends AsyncDisposable {
  readonly real: Side;
  readonly ours: Side;
  readonly log: readonly string[];
  /** Runs a comparison, and runs it again with a new real server if that one died meanwhile. */
  whileRealLives(compare: () => Promise<void>): Promise<void>;
}

export type ControlMode = 'none' | 'explicit' | 'poll';

export interface OurServer extends AsyncDisposable {
  readonly httpUrl: string;
  /** `HOST:PORT` of gRPC, where it serves that itself. */
  readonly sides?: { readonly grpc?: string };
}

export async function startPair(
  program: string,
  models: readonly PeerModel[],
  mode: ControlMode,
  startOurs: (
    repository: string,
    mode: ControlMode,
    tritonArgs: readonly string[],
  ) => Promise<OurServer> = startEmbedded,
  tritonArgs: readonly string[] = [],
): Promise<Pair> {
  const directory = mkdtempSync(path.join(tmpdir(), 'triton-local-fidelity-'));
  const repositories = { real: path.join(directory, 'real'), ours: path.join(directory, 'ours') };
  for (const repository of Object.values(repositories)) mkdirSync(repository);
  for (const model of models) {
    writeModel(repositories.real, model, 'python');
    writeModel(repositories.ours, model, 'onnxruntime');
  }
  const flags = [`--model-control-mode=${mode}`, ...tritonArgs];
  // Ours loads all models at its start in every mode.
  if (mode === 'explicit' && !tritonArgs.some((argument) => argument.startsWith('--load-model')))
    flags.push('--load-model=*');
  const start = () => startBareTriton(program, repositories.real, flags);
  const real = new RestartingTriton(await start(), start);
  const ours = await startOurs(repositories.ours, mode, tritonArgs);
  return {
    get real() {
      return { port: real.server.port, grpcPort: real.server.grpcPort, repository: repositories.real };
    },
    ours: {
      port: Number(new URL(ours.httpUrl).port),
      grpcPort: portOf(ours.sides?.grpc),
      repository: repositories.ours,
    },
    get log() {
      return real.server.log;
    },
    whileRealLives: (compare) => real.whileAlive(compare),
    async [Symbol.asyncDispose]() {
      await ours[Symbol.asyncDispose]();
      await real[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The port of an address; 0 where there is none. */
export const portOf = (address = ':0'): number => Number(address.slice(address.lastIndexOf(':') + 1));

function startEmbedded(
  repository: string,
  modelControlMode: ControlMode,
  tritonArgs: readonly string[],
): Promise<OurServer> {
  return startInferenceServer(
    {
      repository,
      host: '127.0.0.1',
      httpPort: 0,
      grpc: { port: 0, isChosen: true },
      modelControlMode,
      tritonArgs,
      runtimePaths: [PROJECT],
      python: modelPython,
      events: new EventBus(),
    },
    new AbortController().signal,
  );
}

/** The answers of the real server and of ours to one request. */
export async function askBoth(
  { real, ours }: Pair,
  request: WireRequest,
): Promise<[real: ComparableAnswer, ours: ComparableAnswer]> {
  const oursRequest = request.oursBytes ? { ...request, bytes: request.oursBytes } : request;
  const [first, second] = await Promise.all([exchange(real.port, request), exchange(ours.port, oursRequest)]);
  return [comparable(first), comparable(second)];
}
