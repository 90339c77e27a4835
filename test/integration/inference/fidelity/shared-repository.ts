import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeInstallation } from '../../../../src/engines/native/installation.ts';
import { EventBus } from '../../../../src/events/index.ts';
import { startInferenceServer } from '../../../../src/inference/index.ts';
import { RestartingTriton } from '../../../helpers/restarting-triton.ts';
import { startBareTriton } from '../../../helpers/triton-process.ts';
import { PROJECT } from '../golden-repository.ts';
import { type ComparableAnswer, comparable } from './comparison.ts';
import { exchange, request, type WireRequest } from './exchange.ts';
import { type ControlMode, portOf } from './pair.ts';

/** A repository as texts by path, such as `model/config.pbtxt`. */
export type RepositoryFiles = Readonly<Record<string, string>>;

/** Both servers on one repository, so that paths in texts are the same too. */
export interface SharedRepository extends AsyncDisposable {
  readonly directory: string;
  readonly realPort: number;
  readonly ourPort: number;
  readonly realMetricsPort: number;
  readonly ourMetricsPort: number;
  readonly realGrpcPort: number;
  readonly ourGrpcPort: number;
  readonly realLog: readonly string[];
  readonly ourLog: readonly string[];
  /**
   * Runs a comparison, and runs it again with a new real server if that one died meanwhile: 2.51 does now and then where
   * models that fail are loaded side by side. A difference between living servers fails at once.
   */
  whileRealLives(compare: () => Promise<void>): Promise<void>;
}

export async function startOnSharedRepository(
  program: string,
  files: RepositoryFiles,
  mode: ControlMode,
  tritonArgs: readonly string[] = [],
): Promise<SharedRepository> {
  const repository = mkdtempSync(path.join(tmpdir(), 'triton-local-shared-'));
  writeModelFiles(repository, files);
  const ourLog: string[] = [];
  const events = new EventBus();
  events.subscribe((event) => {
    if (event.type === 'log.line') ourLog.push(event.text);
  });
  const flags = [`--model-control-mode=${mode}`, ...tritonArgs];
  if (mode === 'explicit') flags.push('--load-model=*');
  const real = new RestartingTriton(await startBareTriton(program, repository, flags), () =>
    startBareTriton(program, repository, [`--model-control-mode=${mode}`]),
  );
  const ours = await startInferenceServer(
    {
      repository,
      host: '127.0.0.1',
      httpPort: 0,
      metrics: { port: 0, isChosen: true },
      grpc: { port: 0, isChosen: true },
      modelControlMode: mode,
      tritonArgs,
      runtimePaths: [PROJECT],
      // The same Python, since numpy's texts differ from version to version.
      python: async () => ({
        interpreter: describeInstallation(program).python ?? 'python3',
        environment: { PATH: process.env.PATH ?? '' },
      }),
      events,
    },
    new AbortController().signal,
  );
  return {
    directory: repository,
    get realPort() {
      return real.server.port;
    },
    ourPort: Number(new URL(ours.httpUrl).port),
    get realMetricsPort() {
      return real.server.metricsPort;
    },
    ourMetricsPort: Number(ours.sides.metrics?.split(':').at(-1)),
    get realGrpcPort() {
      return real.server.grpcPort;
    },
    ourGrpcPort: portOf(ours.sides.grpc),
    get realLog() {
      return real.server.log;
    },
    ourLog,
    whileRealLives: (compare) => real.whileAlive(compare),
    async [Symbol.asyncDispose]() {
      await ours[Symbol.asyncDispose]();
      await real[Symbol.asyncDispose]();
      rmSync(repository, { recursive: true, force: true });
    },
  };
}

/** Writes models into a repository. */
export function writeModelFiles(repository: string, files: RepositoryFiles): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(repository, file)), { recursive: true });
    writeFileSync(path.join(repository, file), text);
  }
}

/** Writes a model and has both load it; `explicit` mode. @returns their answers */
export function loadShared(
  pair: SharedRepository,
  name: string,
  files: RepositoryFiles,
): Promise<[real: ComparableAnswer, ours: ComparableAnswer]> {
  writeModelFiles(pair.directory, files);
  return askShared(pair, request('POST', `/v2/repository/models/${name}/load`));
}

/** Has both unload a model, so that no more processes than needed are there at once. */
export async function unloadShared(pair: SharedRepository, name: string): Promise<void> {
  await askShared(pair, request('POST', `/v2/repository/models/${name}/unload`));
}

/** The answers of both to one request, the real one first. */
export async function askShared(
  { realPort, ourPort }: SharedRepository,
  asked: WireRequest,
): Promise<[real: ComparableAnswer, ours: ComparableAnswer]> {
  const [real, ours] = await Promise.all([exchange(realPort, asked), exchange(ourPort, asked)]);
  return [comparable(real), comparable(ours)];
}

/** A JSON inference; `body` is what the request holds. */
export function infer(model: string, body: object, verb = 'infer'): WireRequest {
  return request('POST', `/v2/models/${model}/${verb}`, JSON.stringify(body));
}

/** What the index of both says of every model, by name. */
export async function indexesOf(
  pair: SharedRepository,
): Promise<[real: ReadonlyMap<string, object[]>, ours: ReadonlyMap<string, object[]>]> {
  const [real, ours] = await askShared(pair, request('POST', '/v2/repository/index'));
  return [byName(real.body), byName(ours.body)];
}

function byName(body: string): ReadonlyMap<string, object[]> {
  const models = new Map<string, object[]>();
  for (const entry of JSON.parse(body) as { name: string }[])
    models.set(entry.name, [...(models.get(entry.name) ?? []), entry]);
  return models;
}
