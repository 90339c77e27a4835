import { spawn } from 'node:child_process';
import { appendFile, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import {
  BoundedEngine,
  ExternalEngine,
  FrontedEngine,
  NativeEngine,
  type RunningEngine,
} from '../../../src/engines/index.ts';
import { type EmulatorEvent, EventBus } from '../../../src/events/index.ts';
import { gateway } from '../../contract/contract-models.ts';
import { isRunning, processesWithHome } from '../../helpers/leftovers.ts';
import { repositoryRoot, TempFolder } from '../../helpers/temp-project.ts';
import { realTriton, skipLoudly, tritonWithoutLibpython } from '../../helpers/triton.ts';

if (realTriton === undefined) skipLoudly('the native engine');
const program = realTriton ?? '';

const parts: AsyncDisposable[] = [];
afterEach(async () => {
  for (const part of parts.splice(0).reverse()) await part[Symbol.asyncDispose]();
});

async function echoRepository(): Promise<TempFolder> {
  const folder = await TempFolder.create('triton-local-native-');
  parts.push(folder);
  await mkdir(folder.path('repository/echo/1'), { recursive: true });
  await writeFile(
    folder.path('repository/echo/config.pbtxt'),
    'backend: "python"\ninput [ { name: "x" data_type: TYPE_FP32 dims: [ 2 ] } ]\noutput [ { name: "y" data_type: TYPE_FP32 dims: [ 2 ] } ]\n',
  );
  await writeFile(
    folder.path('repository/echo/1/model.py'),
    `import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        inputs = [pb_utils.get_input_tensor_by_name(request, "x").as_numpy() for request in requests]
        return [pb_utils.InferenceResponse([pb_utils.Tensor("y", x)]) for x in inputs]
`,
  );
  return folder;
}

async function startNative(folder: TempFolder, program = realTriton ?? '') {
  const seen: EmulatorEvent[] = [];
  const events = new EventBus();
  events.subscribe((event) => seen.push(event));
  const home = folder.path('home');
  const environment = { ...process.env, TRITON_LOCAL_HOME: home } as Record<string, string>;
  const options = {
    program,
    repository: folder.path('repository'),
    workDirectory: folder.path('work'),
    environment,
    events,
  };
  const engine = new FrontedEngine(new NativeEngine(options), { ...gateway, events });
  const running = await engine.start(new AbortController().signal);
  parts.push(running);
  return { running, seen, events, home };
}

async function infer({ endpoints }: RunningEngine): Promise<unknown> {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [2], data: [1, 2] }];
  const answer = await fetch(`${endpoints.http}/v2/models/echo/infer`, {
    method: 'POST',
    body: JSON.stringify({ inputs }),
  });
  const { outputs, error } = (await answer.json()) as { outputs?: { data: unknown }[]; error?: string };
  return outputs?.[0]?.data ?? error;
}

/** Regions of servers that this process started. */
async function sharedMemory(): Promise<readonly string[]> {
  return (await readdir('/dev/shm')).filter((name) => name.startsWith(`triton-local-${process.pid}-`));
}

async function parentOf(pid: number): Promise<number | undefined> {
  const parent = /^PPid:\s+(\d+)$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return parent === undefined ? undefined : Number(parent);
}

async function tritonPid(home: string): Promise<number> {
  for (const pid of await processesWithHome(home)) {
    if ((await readFile(`/proc/${pid}/comm`, 'utf8')).trim() === 'tritonserver') return pid;
  }
  throw new Error('no tritonserver runs');
}

describe.skipIf(realTriton === undefined)('a real tritonserver behind the gateway', () => {
  test('comes back with its models after a crash, while requests wait', async () => {
    const { running, seen, home } = await startNative(await echoRepository());
    process.kill(await tritonPid(home), 'SIGKILL');
    await expect.poll(() => seen.some(({ type }) => type === 'engine.exited')).toBe(true);
    expect(await infer(running)).toEqual([1, 2]);
    expect(seen).toContainEqual(expect.objectContaining({ type: 'engine.ready', kind: 'native' }));
    expect(running.models()).toMatchObject([{ name: 'echo', state: 'READY' }]);
  });

  test('is stopped in time if a model hangs while loading, and cleans up', async () => {
    const folder = await echoRepository();
    const file = folder.path('repository/echo/1/model.py');
    await appendFile(file, '    def initialize(self, args):\n        import time; time.sleep(600)\n');
    const home = folder.path('home');
    const native = new NativeEngine({
      program,
      repository: folder.path('repository'),
      workDirectory: folder.path('work'),
      environment: { ...process.env, TRITON_LOCAL_HOME: home } as Record<string, string>,
      events: new EventBus(),
    });
    const starting = new BoundedEngine(native, 3_000).start(new AbortController().signal);
    await expect(starting).rejects.toMatchObject({ code: 'START_TIMED_OUT' });
    expect(await processesWithHome(home)).toEqual([]);
    expect(await sharedMemory()).toEqual([]);
  });

  test('that comes back from a crash is awaited when all of it is to end', async () => {
    const { running, seen, home } = await startNative(await echoRepository());
    process.kill(await tritonPid(home), 'SIGKILL');
    const starts = () => seen.filter(({ type }) => type === 'engine.starting').length;
    await expect.poll(starts, { timeout: 10_000 }).toBe(1);
    await running[Symbol.asyncDispose]();
    expect(await processesWithHome(home)).toEqual([]);
    expect(await sharedMemory()).toEqual([]);
  });

  test('under load only what it may have begun fails when it is killed, twice, and the rest waits', async () => {
    const { running, seen, home } = await startNative(await echoRepository());
    const clients = 4;
    const failures: unknown[] = [];
    let answers = 0;
    let isLoaded = true;
    const load = Promise.all(
      Array.from({ length: clients }, async () => {
        while (isLoaded) {
          const answer = await infer(running);
          if (Array.isArray(answer)) answers += 1;
          else failures.push(answer);
        }
      }),
    );
    const starts = () => seen.filter(({ type }) => type === 'engine.ready').length;
    for (const crash of [1, 2]) {
      const before = answers;
      await expect.poll(() => answers, { timeout: 10_000 }).toBeGreaterThan(before + 10);
      process.kill(await tritonPid(home), 'SIGKILL');
      await expect.poll(starts, { timeout: 20_000 }).toBe(crash);
    }
    isLoaded = false;
    await load;
    expect(failures.filter((text) => !String(text).startsWith('the engine does not answer: '))).toEqual([]);
    // For each crash, what each client had under way; whatever comes later waits until an engine answers a health probe.
    expect(failures.length).toBeLessThanOrEqual(2 * clients);
  });

  test('serves gRPC and metrics through our ports', async () => {
    const { running } = await startNative(await echoRepository());
    const { grpc, metrics } = running.endpoints;
    expect(grpc).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(await (await fetch(`http://${metrics}/metrics`)).text()).toContain('nv_inference_request_success');
  });

  test('names the line of a configuration and of a model that it refuses', async () => {
    const folder = await echoRepository();
    const { running } = await startNative(folder);
    const code = folder.path('repository/echo/1/model.py');
    await writeFile(code, 'class TritonPythonModel:\n    x = (\n');
    await expect(running.load('echo')).rejects.toMatchObject({ location: { file: code } });
    const config = folder.path('repository/echo/config.pbtxt');
    await writeFile(config, 'backend: "python"\nmax_batch_sise: 1\n');
    await expect(running.load('echo')).rejects.toMatchObject({ location: { file: config, line: 2 } });
    expect(await infer(running)).toEqual([1, 2]);
  });

  test('says which engine serves a model whose backend is missing', async () => {
    const folder = await echoRepository();
    await mkdir(folder.path('repository/digits/1'), { recursive: true });
    await writeFile(folder.path('repository/digits/1/model.pt'), 'bytes');
    const { running } = await startNative(folder);
    const digits = running.models().find(({ name }) => name === 'digits');
    expect(digits).toMatchObject({
      state: 'UNAVAILABLE',
      reason: expect.stringContaining('--engine docker'),
    });
    expect(await infer(running)).toEqual([1, 2]);
  });

  test('leaves no process and no shared memory when its parent is killed', async () => {
    const folder = await echoRepository();
    const home = folder.path('home');
    const script = folder.path('parent.mts');
    await writeFile(
      script,
      `import { NativeEngine } from ${JSON.stringify(path.join(repositoryRoot, 'src/engines/index.ts'))};
const running = await new NativeEngine({
  program: ${JSON.stringify(program)}, repository: ${JSON.stringify(folder.path('repository'))},
  workDirectory: ${JSON.stringify(folder.path('work'))}, environment: process.env, events: { emit() {} },
}).start(new AbortController().signal);
console.log(running.endpoints.http);
setInterval(() => {}, 1000);
`,
    );
    const bundle = folder.path('parent.mjs');
    const { build } = await import('esbuild');
    await build({
      entryPoints: [script],
      outfile: bundle,
      bundle: true,
      format: 'esm',
      platform: 'node',
      external: ['onnxruntime-node', 'cpu-features', '*.node'],
      banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    });
    const parent = spawn(process.execPath, [bundle], {
      env: { ...process.env, TRITON_LOCAL_HOME: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => parent.stdout.once('data', resolve));
    const pids = await processesWithHome(home);
    expect(pids.length).toBeGreaterThan(2);
    parent.kill('SIGKILL');
    const alive = async () => (await Promise.all(pids.map(isRunning))).filter(Boolean).length;
    await expect.poll(alive, { timeout: 5_000 }).toBe(0);
    const regions = await readdir('/dev/shm');
    expect(regions.filter((name) => name.startsWith(`triton-local-${parent.pid}-`))).toEqual([]);
  });

  test('reports a stub without its libpython at once, with the remedy', async () => {
    const folder = await echoRepository();
    const doctored = await tritonWithoutLibpython(program, folder.path('triton'));
    await expect(startNative(folder, doctored)).rejects.toMatchObject({
      code: 'TRITON_UNLOADABLE',
      message: expect.stringMatching(/triton_python_backend_stub cannot start: libpython3\.\d+\.so\.9\.9: /),
      hint: expect.stringMatching(/apt install libpython3\.\d+\b/),
    });
    expect(await processesWithHome(folder.path('home'))).toEqual([]);
  });

  test('reports it if the first Python model comes later', async () => {
    const folder = await echoRepository();
    const doctored = await tritonWithoutLibpython(program, folder.path('triton'));
    const model = folder.path('repository/echo');
    await rename(model, folder.path('echo'));
    const { running } = await startNative(folder, doctored);
    await rename(folder.path('echo'), model);
    await expect(running.load('echo')).rejects.toMatchObject({
      code: 'MODEL_LOAD_FAILED',
      message: expect.stringContaining('libpython'),
      hint: expect.stringContaining('apt install'),
    });
  });

  test('leaves no shared memory of many instances that take their time to end', async () => {
    const folder = await echoRepository();
    const config = folder.path('repository/echo/config.pbtxt');
    await appendFile(config, 'instance_group [ { count: 24 kind: KIND_CPU } ]\n');
    const slowEnd = '\n    def finalize(self):\n        import time\n        time.sleep(0.3)\n';
    await appendFile(folder.path('repository/echo/1/model.py'), slowEnd);
    const { running } = await startNative(folder);
    expect((await sharedMemory()).length).toBeGreaterThanOrEqual(24);
    await running[Symbol.asyncDispose]();
    expect(await sharedMemory()).toEqual([]);
  });

  test('leaves no shared memory when its guard is killed', async () => {
    const folder = await echoRepository();
    const { running, seen, home } = await startNative(folder);
    const before = await sharedMemory();
    const guard = (await parentOf(await tritonPid(home))) ?? 0;
    process.kill(guard, 'SIGKILL');
    await expect.poll(() => seen.some(({ type }) => type === 'engine.exited'), { timeout: 5_000 }).toBe(true);
    expect(await infer(running)).toEqual([1, 2]);
    expect((await sharedMemory()).filter((name) => before.includes(name))).toEqual([]);
  });

  test('serves as an external engine, which is sent no load', async () => {
    const { running: remote, events } = await startNative(await echoRepository());
    const engine = new ExternalEngine({
      url: remote.endpoints.http,
      headers: {},
      hasLocalModels: true,
      events,
    });
    const running = await new FrontedEngine(engine, { ...gateway, events }).start(
      new AbortController().signal,
    );
    parts.push(running);
    expect(running.models()).toEqual(remote.models());
    expect(await infer(running)).toEqual([1, 2]);
    await expect(running.load('echo')).rejects.toMatchObject({
      code: 'MODELS_ELSEWHERE',
      hint: expect.stringContaining('/v2/repository/models/echo/load'),
    });
  });
});

test('an external engine without an answer fails to start', async () => {
  const engine = new ExternalEngine({
    url: 'http://127.0.0.1:9',
    headers: {},
    hasLocalModels: false,
    events: new EventBus(),
  });
  await expect(engine.start(new AbortController().signal)).rejects.toMatchObject({
    code: 'ENGINE_UNAVAILABLE',
  });
});
