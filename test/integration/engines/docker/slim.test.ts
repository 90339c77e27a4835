import { cp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slimRecipe } from '../../../../src/engines/docker/image/slim.ts';
import {
  DockerEngine,
  FrontedEngine,
  pullByName,
  type RunningDockerEngine,
} from '../../../../src/engines/index.ts';
import type { EventSink } from '../../../../src/events/index.ts';
import { KServeClient } from '../../../../src/kserve/index.ts';
import { gateway, onnxModels } from '../../../contract/contract-models.ts';
import { describeEngine } from '../../../contract/engine.contract.ts';
import {
  docker,
  EventLog,
  environment,
  hasDocker,
  ownContainers,
  slimBase,
  tcpProxyToDocker,
} from '../../../helpers/docker.ts';
import { repositoryRoot, TempFolder } from '../../../helpers/temp-project.ts';
import { describeOnnxAsPython } from '../onnx-as-python.suite.ts';

const base = hasDocker ? await slimBase() : '';

function slimEngine(repository: string, project: string, events: EventSink): DockerEngine {
  const image = { image: 'slim', slimBase: base, missingImage: 'pull' } as const;
  return new DockerEngine({ ...image, repository, gpus: 'none', environment, project, events });
}

/** What the model makes of 0, 1, 2, 3. */
async function sum(running: RunningDockerEngine): Promise<number[]> {
  await using client = new KServeClient({ url: running.endpoints.http });
  const data = Buffer.from(new Float32Array([0, 1, 2, 3]).buffer);
  const { outputs } = await client.infer('adder', {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [4], data }],
  });
  const bytes = Buffer.from(outputs[0]?.data as Uint8Array);
  return [0, 4, 8, 12].map((at) => bytes.readFloatLE(at));
}

const progressOf = ({ events }: EventLog) => events.filter(({ type }) => type === 'environment.progress');

describe.skipIf(!hasDocker)('the slim image', { timeout: 600_000 }, () => {
  let folder: TempFolder;
  beforeAll(async () => {
    folder = await TempFolder.create();
    await cp(`${repositoryRoot}/sample-models/digits/models/triton`, folder.path('models'), {
      recursive: true,
    });
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  it('is built with its output as progress, serves an ONNX model, and is not built again', async () => {
    const { reference } = await slimRecipe(base);
    await docker('rmi', '-f', reference).catch(() => undefined);
    const events = new EventLog();
    const first = await slimEngine(folder.path('models'), 'slim', events).start(new AbortController().signal);
    try {
      expect(progressOf(events)).toContainEqual(
        expect.objectContaining({
          environment: 'slim Triton image',
          step: expect.stringMatching(/^step \d+\/\d+$/),
        }),
      );
      expect(first.version).toBe('2.51.0');
      expect(first.models()).toMatchObject([{ name: 'digits', state: 'READY' }]);
    } finally {
      await first[Symbol.asyncDispose]();
    }
    const megabytes = Number(await docker('inspect', '--format', '{{.Size}}', reference)) / 1e6;
    process.stdout.write(`the slim image has ${Math.round(megabytes)} MB\n`);
    expect(megabytes).toBeLessThan(700);

    const later = new EventLog();
    await using again = await slimEngine(folder.path('models'), 'slim', later).start(
      new AbortController().signal,
    );
    expect(progressOf(later)).toEqual([]);
    expect(again.models()).toMatchObject([{ name: 'digits', state: 'READY' }]);
  });

  it('serves and reloads an ONNX model that was copied to a daemon which cannot see it', async () => {
    await using proxy = await tcpProxyToDocker();
    const repository = folder.path('copied');
    await mkdir(path.join(repository, 'adder'), { recursive: true });
    await onnxModels.add(path.join(repository, 'adder'), 1);
    const engine = new DockerEngine({
      ...{ image: 'slim', slimBase: base, missingImage: 'pull', repository, gpus: 'none', project: 'slim' },
      dockerHost: `tcp://127.0.0.1:${proxy.port}`,
      environment,
      events: new EventLog(),
    });
    await using running = await engine.start(new AbortController().signal);
    expect(await sum(running)).toEqual([1, 2, 3, 4]);
    await rm(path.join(repository, 'adder'), { recursive: true });
    await mkdir(path.join(repository, 'adder'));
    await onnxModels.add(path.join(repository, 'adder'), 10);
    await running.load('adder');
    expect(await sum(running)).toEqual([10, 11, 12, 13]);
  });

  it('is got by name as well', async () => {
    const events = new EventLog();
    const pulled = await pullByName(
      { image: 'slim', slimBase: base, environment, events },
      new AbortController().signal,
    );
    expect(pulled).toMatchObject({
      reference: (await slimRecipe(base)).reference,
      bytes: expect.any(Number),
    });
  });

  it('that cannot be built fails with the words of the build', async () => {
    const building = pullByName(
      { image: 'slim', slimBase: 'localhost:1/none:1', environment, events: new EventLog() },
      new AbortController().signal,
    );
    await expect(building).rejects.toMatchObject({
      code: 'DOCKER_BUILD_FAILED',
      message: expect.stringMatching(/could not build the slim image: .*localhost:1/s),
      hint: expect.stringContaining('--slim-base'),
    });
  });

  it('leaves no container behind', async () => {
    expect(await ownContainers('slim')).toEqual([]);
  });
});

describeOnnxAsPython({
  name: 'the slim image',
  isThere: hasDocker,
  make: (repository, workDirectory) => slimEngine(repository, workDirectory, new EventLog()),
});

if (hasDocker) {
  describeEngine({
    name: 'docker with the slim image and ONNX',
    models: onnxModels,
    make: ({ repository, workDirectory, events }) =>
      new FrontedEngine(slimEngine(repository, workDirectory, events), { ...gateway, events }),
    leftovers: async (workDirectory) => (await ownContainers(workDirectory)).map((id) => `container ${id}`),
  });
}
