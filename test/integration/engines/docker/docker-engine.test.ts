import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownIdentity, type ProcessIdentity, TritonLocalError } from '../../../../src/base/index.ts';
import {
  DockerEngine,
  type DockerEngineOptions,
  describeDocker,
  type RunningDockerEngine,
} from '../../../../src/engines/index.ts';
import { KServeClient } from '../../../../src/kserve/index.ts';
import {
  docker,
  EventLog,
  environment,
  hasDocker,
  imageThatRuns,
  ownContainers,
  tcpProxyToDocker,
  testImage,
  writeModel,
} from '../../../helpers/docker.ts';
import { TempFolder } from '../../../helpers/temp-project.ts';

let image: string;
let folder: TempFolder;
let repository: string;

function engine(events: EventLog, options: Partial<DockerEngineOptions> = {}): DockerEngine {
  const own = { repository, image, gpus: 'none' as const, missingImage: 'fail' as const };
  return new DockerEngine({ ...own, environment, project: 'test', events, shmBytes: 1 << 28, ...options });
}

async function infer(running: RunningDockerEngine, model: string): Promise<number[]> {
  await using client = new KServeClient({ url: running.endpoints.http });
  const data = Buffer.from(new Float32Array([1, 2]).buffer);
  const { outputs } = await client.infer(model, {
    inputs: [{ name: 'X', datatype: 'FP32', shape: [2], data }],
  });
  const [output] = outputs;
  if (!output) throw new Error('no output');
  return [0, 4].map((at) => Buffer.from(output.data as Uint8Array).readFloatLE(at));
}

async function failureOf(start: Promise<unknown>): Promise<TritonLocalError> {
  const error = await start.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TritonLocalError);
  return error as TritonLocalError;
}

describe.skipIf(!hasDocker)('a real Docker daemon and a real Triton', { timeout: 180_000 }, () => {
  beforeAll(async () => {
    image = await testImage();
    folder = await TempFolder.create();
    repository = folder.path('models');
    await writeModel(repository, 'identity');
  }, 400_000);
  afterAll(async () => {
    await folder[Symbol.asyncDispose]();
    expect(await ownContainers('test')).toEqual([]);
  });

  it('serves, reloads and unloads a model from the mounted repository, and cleans up', async () => {
    const events = new EventLog();
    const running = await engine(events).start(new AbortController().signal);
    try {
      expect(running).toMatchObject({ kind: 'docker', version: '2.51.0', gpu: null });
      expect(running.models()).toEqual([{ name: 'identity', version: '1', state: 'READY', reason: '' }]);
      expect(await infer(running, 'identity')).toEqual([1, 2]);
      const [port] = /\d+$/.exec(running.endpoints.http) ?? [];
      expect(await docker('port', running.containerId)).toContain(`8000/tcp -> 127.0.0.1:${port}`);

      await writeModel(repository, 'identity', 3);
      await running.load('identity');
      expect(await infer(running, 'identity')).toEqual([3, 6]);

      await writeFile(`${repository}/identity/1/model.py`, 'import nothing_of_that_name\n');
      const failure = await failureOf(running.load('identity'));
      expect(failure.code).toBe('MODEL_LOAD_FAILED');
      expect(failure.message).toContain("No module named 'nothing_of_that_name'");
      expect(failure.location).toMatchObject({ file: `${repository}/identity/1/model.py`, line: 1 });
      expect(await infer(running, 'identity')).toEqual([3, 6]);

      await writeModel(repository, 'identity');
      await running.unload('identity');
      expect(running.models()).toEqual([]);
      const states = events.events.flatMap((it) => (it.type === 'model.state' ? [it.state] : []));
      expect(states.filter((it) => it !== 'UNLOADING')).toEqual(['READY', 'UNAVAILABLE']);
      expect(events.lines()).toContain("successfully loaded 'identity'");
    } finally {
      await running[Symbol.asyncDispose]();
      await running[Symbol.asyncDispose]();
    }
    expect(await ownContainers('test')).toEqual([]);
  });

  it('starts with a model that cannot load, and says why and where', async () => {
    const broken = folder.path('broken');
    await writeModel(broken, 'good');
    await writeModel(broken, 'bad');
    await writeFile(`${broken}/bad/1/model.py`, 'raise RuntimeError("not today")\n');
    await writeModel(broken, 'unread');
    await writeFile(`${broken}/unread/config.pbtxt`, 'backend: "python" nonsense: 1\n');
    await using running = await engine(new EventLog(), { repository: broken }).start(
      new AbortController().signal,
    );
    const [bad, good, unread] = running.models();
    expect(good).toMatchObject({ name: 'good', state: 'READY' });
    expect(bad).toMatchObject({
      name: 'bad',
      state: 'UNAVAILABLE',
      reason: expect.stringMatching(/not today/),
    });
    expect(unread).toMatchObject({
      name: 'unread',
      state: 'UNAVAILABLE',
      reason: `${broken}/unread/config.pbtxt is not a model configuration: ModelConfig has no field 'nonsense'`,
    });
    expect(await infer(running, 'good')).toEqual([1, 2]);
  });

  it('copies the repository, and every reload, to a daemon that is reached over TCP', async () => {
    await using proxy = await tcpProxyToDocker();
    const copied = folder.path('copied');
    await writeModel(copied, 'identity', 2);
    await using running = await engine(new EventLog(), {
      repository: copied,
      dockerHost: `tcp://127.0.0.1:${proxy.port}`,
    }).start(new AbortController().signal);
    expect(JSON.parse(await docker('inspect', '--format', '{{json .Mounts}}', running.containerId))).toEqual(
      [],
    );
    expect(await infer(running, 'identity')).toEqual([2, 4]);
    await writeModel(copied, 'identity', 5);
    await writeModel(copied, 'second', 7);
    await running.load('identity');
    await running.load('second');
    expect(await infer(running, 'identity')).toEqual([5, 10]);
    expect(await infer(running, 'second')).toEqual([7, 14]);
    await running.unload('second');
    expect(running.models().map(({ name }) => name)).toEqual(['identity']);
  });

  it.each([
    [
      'exits-at-once',
      'exit 0',
      'ENGINE_START_FAILED',
      /exit code 0 \(it exited by itself\)\. It wrote nothing/,
      /./,
    ],
    [
      'fails-after-sixty-lines',
      'for i in $(seq 60); do echo line $i; done; echo cannot go on >&2; exit 3',
      'ENGINE_START_FAILED',
      /exit code 3\. Its last lines:(?!.*line 10\n).*line 12\n.*line 60/s,
      /the lines above/,
    ],
    [
      'lacks-a-library',
      'mv /opt/tritonserver/lib /opt/tritonserver/gone; exec tritonserver.real "$@"',
      'ENGINE_START_FAILED',
      /exit code 127 .*error while loading shared libraries: lib\S+: cannot open/s,
      /the image lacks lib\S+: choose another one with --image/,
    ],
    [
      'takes-a-bad-flag',
      'exec tritonserver.real "$@" --no-such-flag=1',
      'ENGINE_START_FAILED',
      /exit code 1\. Its last lines:\n\S*tritonserver\S*: unrecognized option '--no-such-flag=1'\n…\n/,
      /the lines above/,
    ],
    [
      'is-killed-for-its-memory',
      'echo growing; kill -KILL $$',
      'ENGINE_START_FAILED',
      /exit code 137 \(.*memory.*\).*growing/s,
      /./,
    ],
    ['segfaults', 'kill -SEGV $$', 'ENGINE_START_FAILED', /exit code 139 \(segmentation fault\)/, /./],
    [
      'hangs',
      'echo thinking; exec sleep 1000',
      'START_TIMED_OUT',
      /did not answer within 3 s.*thinking/s,
      /--timeout/,
    ],
  ])('an image that %s: exit code, cause and last lines', async (name, script, code, message, hint) => {
    const crashing = await imageThatRuns(name, image, script);
    const failure = await failureOf(
      engine(new EventLog(), {
        image: crashing,
        startLimitMs: name === 'hangs' ? 3_000 : 60_000,
      }).start(new AbortController().signal),
    );
    await docker('rmi', crashing);
    expect(failure.code).toBe(code);
    expect(failure.message).toMatch(message);
    expect(failure.hint).toMatch(hint);
    expect(await ownContainers('test')).toEqual([]);
  });

  it('fails with the message of the daemon and a remedy if a requested GPU is missing', async () => {
    const description = await describeDocker({ environment, image });
    if (description.gpu !== null) return;
    const failure = await failureOf(
      engine(new EventLog(), { gpus: 'all' }).start(new AbortController().signal),
    );
    expect(failure.code).toBe('DOCKER_GPU_UNAVAILABLE');
    expect(failure.message).toContain('could not select device driver "" with capabilities: [[gpu]]');
    expect(failure.hint).toContain('nvidia-ctk runtime configure');
    expect(await ownContainers('test')).toEqual([]);
  });

  it('names a missing image and the command that gets it, fetching nothing', async () => {
    const failure = await failureOf(
      engine(new EventLog(), { image: 'localhost:1/none:1' }).start(new AbortController().signal),
    );
    expect(failure).toMatchObject({
      code: 'DOCKER_IMAGE_MISSING',
      hint: expect.stringContaining('triton-local pull localhost:1/none:1'),
    });
  });

  it('reports a pull that fails', async () => {
    const failure = await failureOf(
      engine(new EventLog(), { image: 'localhost:1/none:1', missingImage: 'pull' }).start(
        new AbortController().signal,
      ),
    );
    expect(failure.code).toBe('DOCKER_PULL_FAILED');
    expect(failure.message).toMatch(/localhost:1\/none:1.*refused/);
  });

  it('reports the reason if its container is killed', async () => {
    const running = await engine(new EventLog()).start(new AbortController().signal);
    await docker('kill', running.containerId);
    expect(await running.exited).toMatch(/exit code 137/);
    await running[Symbol.asyncDispose]();
    expect(await ownContainers('test')).toEqual([]);
  });

  it('cleans up if aborted while it starts', async () => {
    const abort = new AbortController();
    const events = new EventLog();
    const starting = engine(events).start(abort.signal);
    setTimeout(() => abort.abort(), 700);
    await expect(starting).rejects.toThrow(/abort/i);
    expect(await ownContainers('test')).toEqual([]);
  });

  it('removes at the next start what a killed process left, and nothing else', async () => {
    const sleeper: ChildProcess = spawn('sleep', ['1000']);
    const gone = spawn('true');
    await once(gone, 'close');
    const own = await ownIdentity();
    const label = (pid: number | undefined, other: Partial<ProcessIdentity> = {}) => [
      '--label=dev.triton-local=1',
      `--label=dev.triton-local.owner=${JSON.stringify({ ...own, pid, started: null, ...other })}`,
    ];
    const create = (...labels: string[]) => docker('create', ...labels, image, 'sleep', '1000');
    const orphan = await create(...label(gone.pid));
    const reused = await create(...label(sleeper.pid, { started: 'another time' }));
    const kept = [
      await create(...label(sleeper.pid)),
      await create(...label(gone.pid, { host: 'other', machine: 'other', boot: 'other' })),
      await create(...label(gone.pid, { pidNamespace: 'pid:[1]' })),
      await create('--label=com.example=1'),
    ];
    try {
      await using _running = await engine(new EventLog()).start(new AbortController().signal);
      const all = (await docker('ps', '-aq', '--no-trunc')).split('\n');
      expect(all).not.toContain(orphan);
      expect(all).not.toContain(reused);
      expect(all).toEqual(expect.arrayContaining(kept));
    } finally {
      sleeper.kill();
      await docker('rm', '-f', ...kept);
    }
  });

  it('describes the daemon and the image', async () => {
    const description = await describeDocker({ environment, image });
    expect(description).toMatchObject({
      problem: undefined,
      server: { platform: expect.stringMatching(/^linux\//) },
      image: { reference: image, present: true, bytes: expect.any(Number) },
    });
    const none = await describeDocker({ environment, image: 'none-of-that-name:1' });
    expect(none.image).toMatchObject({ present: false, bytes: undefined });
  });
});
