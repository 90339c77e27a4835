import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmulatorEvent, EventBus } from '../../../src/events/index.ts';
import { type InferenceServer, startInferenceServer } from '../../../src/inference/index.ts';
import { KServeClient } from '../../../src/kserve/index.ts';
import { modelPython } from '../../helpers/python.ts';
import { removeRepository, serve, unpackGolden } from './golden-repository.ts';

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const tensor = (data: Uint8Array, shape: number[]) => ({
  name: 'INPUT',
  datatype: 'FP32' as const,
  shape,
  data,
});
const numbers = (data: Uint8Array | undefined) =>
  data ? [...new Float32Array(new Uint8Array(data).buffer)] : undefined;

describe('the embedded inference server', () => {
  let repository: string;
  let server: InferenceServer;
  let client: KServeClient;
  const events = new EventBus();
  const seen: EmulatorEvent[] = [];
  events.subscribe((event) => seen.push(event));

  const start = async (mode: 'none' | 'explicit' = 'none') => {
    server = await serve(repository, mode, events);
    client = new KServeClient({ url: server.httpUrl });
  };
  const text = async (target: string, init?: RequestInit) => {
    const response = await fetch(server.httpUrl + target, init);
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: await response.text(),
    };
  };
  const post = (target: string, body = '', headers: Record<string, string> = {}) =>
    text(target, { method: 'POST', body, headers });

  /** What comes back for these bytes until the connection is closed. */
  const raw = (bytes: string) =>
    new Promise<string>((resolve) => {
      let received = '';
      const socket = connect(Number(new URL(server.httpUrl).port), '127.0.0.1');
      socket.on('data', (piece) => {
        received += piece.toString();
      });
      socket.on('close', () => resolve(received));
      socket.on('error', () => undefined);
      socket.write(bytes);
    });

  beforeEach(() => {
    seen.length = 0;
    repository = unpackGolden('good', ['cfg_vp_specific', 'cfg_empty', 'add_sub']);
  });
  afterEach(async () => {
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    removeRepository(repository);
  });

  it('answers the right values for many requests at once, tiny models run inline or not', async () => {
    await start();
    const answers = await Promise.all(
      Array.from({ length: 400 }, async (_none, index) => {
        // A name of changing length moves the tensor to every alignment.
        const { outputs } = await client.infer('cfg_empty', {
          id: 'x'.repeat(index % 7),
          inputs: [tensor(floats(index, 1, 2, 3), [1, 4])],
        });
        return numbers(outputs[0]?.data);
      }),
    );
    expect(answers).toEqual(Array.from({ length: 400 }, (_none, index) => [index * 2, 2, 4, 6]));
  });

  it('counts requests, executions and batch sizes so that they add up', async () => {
    await start();
    const send = (rows: number) =>
      client.infer('cfg_empty', { inputs: [tensor(new Uint8Array(rows * 16), [rows, 4])] });
    await Promise.all([send(1), send(2), send(1), send(3)]);
    await expect(send(9)).rejects.toThrow('batch-size must be <= 4');
    const { model_stats } = JSON.parse((await text('/v2/models/cfg_empty/stats')).body);
    const [stats] = model_stats;
    expect(stats.inference_count).toBe(7);
    expect(stats.inference_stats.success.count).toBe(4);
    expect(stats.inference_stats.fail.count).toBe(0);
    const batches: { batch_size: number; compute_infer: { count: number } }[] = stats.batch_stats;
    const total = (pick: (entry: (typeof batches)[number]) => number) =>
      batches.reduce((sum, entry) => sum + pick(entry), 0);
    expect(total(({ compute_infer }) => compute_infer.count)).toBe(stats.execution_count);
    expect(total(({ batch_size, compute_infer }) => batch_size * compute_infer.count)).toBe(7);
  });

  it('swaps a model without failing a request, and keeps it when the new one is bad', async () => {
    await start();
    let stopped = false;
    const values = new Set<number | undefined>();
    let failures = 0;
    const traffic = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (!stopped)
          await client
            .infer('cfg_vp_specific', { inputs: [tensor(floats(1, 10), [1, 2])] })
            .then(({ outputs }) => values.add(numbers(outputs[0]?.data)?.[0]))
            .catch(() => {
              failures += 1;
            });
      }),
    );
    const folder = path.join(repository, 'cfg_vp_specific');
    for (let round = 0; round < 5; round += 1) {
      rmSync(path.join(folder, 'config.pbtxt'));
      writeFileSync(path.join(folder, 'config.pbtxt'), 'version_policy { specific { versions: [1] } }');
      await server.load('cfg_vp_specific');
      const old = await client.infer('cfg_vp_specific', { inputs: [tensor(floats(1, 10), [1, 2])] });
      expect(old.modelVersion).toBe('1');
      writeFileSync(path.join(folder, 'config.pbtxt'), 'max_batch_size: 4\ninput [');
      await expect(server.load('cfg_vp_specific')).rejects.toMatchObject({
        code: 'MODEL_LOAD_FAILED',
        location: { file: path.join(folder, 'config.pbtxt'), line: 2 },
      });
      expect(await client.ready('cfg_vp_specific')).toBe(true);
      expect(await client.ready()).toBe(true);
      writeFileSync(path.join(folder, 'config.pbtxt'), 'version_policy { latest { num_versions: 1 } }');
      await server.load('cfg_vp_specific');
    }
    stopped = true;
    await traffic;
    expect(failures).toBe(0);
    expect(values.size).toBeGreaterThan(1);
  });

  it('is not ready while a model is unavailable, and ready again when it is fixed or removed', async () => {
    const broken = path.join(repository, 'broken');
    mkdirSync(path.join(broken, '1'), { recursive: true });
    writeFileSync(path.join(broken, '1', 'model.onnx'), 'not a model');
    await start();
    expect(await text('/v2/health/ready')).toMatchObject({ status: 400, body: '' });
    expect(await text('/v2/health/live')).toMatchObject({ status: 200, body: '' });
    expect(server.models()).toContainEqual({
      name: 'broken',
      version: '1',
      state: 'UNAVAILABLE',
      reason: expect.stringContaining('Internal: onnx runtime error 7: '),
    });
    expect(await post('/v2/models/broken/infer', '{}')).toMatchObject({
      status: 404,
      body: '{"error":"Request for unknown model: \'broken\' has no available versions"}',
    });
    cpSync(path.join(repository, 'add_sub/1/model.onnx'), path.join(broken, '1', 'model.onnx'));
    await server.load('broken');
    expect(await client.ready()).toBe(true);
    writeFileSync(path.join(broken, 'config.pbtxt'), 'backend: "pytorch"');
    await expect(server.load('broken')).rejects.toThrow(/backend/);
    expect(await client.ready('broken')).toBe(true);
    rmSync(broken, { recursive: true });
    await server.unload('broken');
    expect(await client.ready()).toBe(true);
    expect(await client.ready('broken')).toBe(false);
    expect(server.models().map(({ name }) => name)).not.toContain('broken');
    const log = seen.flatMap((event) => (event.type === 'log.line' ? [event.text] : []));
    expect(log).toContain("successfully loaded 'broken'");
    expect(log.some((line) => line.startsWith("failed to load 'broken' version 1: Internal: onnx"))).toBe(
      true,
    );
  });

  it('controls models for clients in explicit mode only', async () => {
    await start();
    expect(await post('/v2/repository/models/add_sub/unload')).toMatchObject({
      status: 503,
      body: '{"error":"explicit model load / unload is not allowed if polling is enabled"}',
    });
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await start('explicit');
    expect(await post('/v2/repository/models/add_sub/unload')).toMatchObject({ status: 200, body: '' });
    // Triton answers once the model is out of service; what it held is let go a moment later.
    const index = async () => JSON.parse((await post('/v2/repository/index')).body);
    const unloaded = { name: 'add_sub', version: '1', state: 'UNAVAILABLE', reason: 'unloaded' };
    await expect.poll(index).toContainEqual(unloaded);
    expect(await client.ready()).toBe(true);
    const config = JSON.stringify({ max_batch_size: 16, backend: 'onnxruntime' });
    const body = JSON.stringify({ parameters: { config } });
    expect(await post('/v2/repository/models/add_sub/load', body)).toMatchObject({ status: 200 });
    const loaded = JSON.parse((await text('/v2/models/add_sub/config')).body);
    expect(loaded.max_batch_size).toBe(16);
    for (const name of ['..', 'a..b', 'nothing', '%2e%2e%2fx'])
      expect((await post(`/v2/repository/models/${name}/load`)).status).not.toBe(200);
  });

  it('lets no web page of another origin change it', async () => {
    await start('explicit');
    const from = (origin: string) => ({ origin });
    for (const target of [
      '/v2/repository/models/add_sub/load',
      '/v2/logging',
      '/v2/systemsharedmemory/unregister',
    ]) {
      const refused = await post(target, '{}', from('https://evil.example'));
      expect([refused.status, refused.body]).toEqual([403, expect.stringContaining('another origin')]);
      expect((await post(target, '{}', from('http://localhost:3000'))).status).toBe(200);
      expect((await post(target, '{}')).status).toBe(200);
    }
    expect((await post('/v2/repository/index', '', from('https://evil.example'))).status).toBe(200);
  });

  it('routes on the raw path, with the bodies of Triton for what it refuses', async () => {
    await start();
    const notFound = { status: 404, type: 'text/plain', body: '{"error":"Not Found"}' };
    for (const target of ['/', '/v2/', '/v2/models', '/v2/models/add_sub/', '/v2/models/add_sub/versions/x'])
      expect(await text(target)).toEqual(notFound);
    expect(await post('/v2/health/live')).toEqual({
      status: 405,
      type: 'text/plain',
      body: '{"error":"Method Not Allowed"}',
    });
    expect(await text('/v2/repository/index')).toMatchObject({ status: 405, type: 'application/json' });
    expect(await text('/v2/models/a%20b')).toMatchObject({
      status: 404,
      body: '{"error":"Request for unknown model: \'a%20b\' is not found"}',
    });
    expect(await text('/v2/models/add_sub?x=1')).toMatchObject({ status: 200 });
  });

  it('understands compressed bodies, compresses answers, and stops bombs', async () => {
    await start();
    const json = '{"inputs":[{"name":"INPUT","datatype":"FP32","shape":[1,4],"data":[1,2,3,4]}]}';
    const target = '/v2/models/cfg_empty/infer';
    const send = (body: Uint8Array, encoding: string) =>
      text(target, { method: 'POST', body, headers: { 'Content-Encoding': encoding } });
    expect((await send(gzipSync(json), 'gzip')).body).toContain('"data":[2.0,4.0,6.0,8.0]');
    expect(await send(Buffer.from(json), 'br')).toMatchObject({
      status: 501,
      body: '{"error":"Unsupported compression type"}',
    });
    expect((await send(gzipSync(Buffer.alloc(65 * 1024 * 1024)), 'gzip')).body).toContain(
      'Decompressed data size exceeds the maximum allowed value of 67108864 bytes.',
    );
    const response = await fetch(server.httpUrl + target, {
      method: 'POST',
      body: json,
      headers: { 'Accept-Encoding': 'br, deflate;q=0.5, gzip' },
    });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.text()).toContain('"data":[2.0,4.0,6.0,8.0]');
  });

  it('takes lying header lengths and broken requests without falling over', async () => {
    await start();
    const target = '/v2/models/cfg_empty/infer';
    for (const [length, problem] of [
      ['-1', 'inference header size should be in range (0, 2), got: -1'],
      ['3', 'inference header size should be in range (0, 2), got: 3'],
      ['99999999999', 'inference header size should be in range (0, 2), got: 99999999999'],
      ['abc', 'Expected 16, got 2'],
    ])
      expect((await post(target, '{}', { 'Inference-Header-Content-Length': length ?? '' })).body).toContain(
        problem,
      );
    expect(await raw('NOT HTTP AT ALL\r\n\r\n')).toMatch(/^HTTP\/1.1 400 .*the request is not valid HTTP/s);
    // Broken in the middle of a body: one answer, not two.
    const head = `POST ${target} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`;
    expect((await raw(`${head}zz\r\n`)).match(/HTTP\/1.1/g)).toHaveLength(1);
    expect(await client.ready()).toBe(true);
  });

  it.each([
    ['/v2/models/cfg_empty/infer', {}],
    ['/v2/models/cfg_empty/generate', {}],
    ['/v2/models/cfg_empty/generate_stream', {}],
    ['/v2/repository/index', {}],
    ['/v2/repository/models/cfg_empty/load', {}],
    ['/v2/logging', {}],
    ['/v2/trace/setting', {}],
    ['/v2/systemsharedmemory/region/r/register', {}],
    ['/v2/models/cfg_empty/infer', { 'Transfer-Encoding': 'chunked' }],
  ])('answers JSON that is too large at %s %o', async (target, headers) => {
    await start('explicit');
    const size = 65 * 1024 * 1024;
    const answer = await new Promise<string>((resolve, reject) => {
      const asked = httpRequest(
        server.httpUrl + target,
        {
          method: 'POST',
          headers: { ...('Transfer-Encoding' in headers ? {} : { 'Content-Length': size }), ...headers },
        },
        (response) => {
          let body = '';
          response.on('data', (piece: Buffer) => {
            body += piece.toString();
          });
          response.on('end', () => resolve(`${response.statusCode} ${body}`));
        },
      );
      asked.on('error', reject);
      asked.end(Buffer.alloc(size, ' '));
    });
    expect(answer).toContain(`400 {"error":"request JSON size of ${size} bytes exceeds the maximum`);
    expect(await client.ready()).toBe(true);
  });

  it('moves a 64 MiB tensor both ways', async () => {
    await start();
    // 4 rows at most: the big one goes to a model without fixed inner dimensions.
    cpSync(path.join(repository, 'cfg_empty'), path.join(repository, 'big'), { recursive: true });
    writeFileSync(path.join(repository, 'big', 'config.pbtxt'), 'max_batch_size: 4194304');
    await server.load('big');
    const values = new Float32Array(16 * 1024 * 1024).map((_value, index) => index % 1000);
    const { outputs } = await client.infer('big', {
      inputs: [tensor(new Uint8Array(values.buffer), [4194304, 4])],
    });
    const answered = new Float32Array(new Uint8Array(outputs[0]?.data ?? []).buffer);
    expect(answered.length).toBe(values.length);
    expect(answered[12_345_678]).toBe((values[12_345_678] ?? 0) * 2);
  });

  it('ends with idle connections open, and says so in flight', async () => {
    await start();
    expect(await client.ready()).toBe(true);
    const idle = connect(Number(new URL(server.httpUrl).port), '127.0.0.1');
    const gone = new Promise<void>((resolve) => idle.on('close', () => resolve()));
    await new Promise<void>((resolve) => idle.once('connect', () => resolve()));
    const first = server[Symbol.asyncDispose]();
    expect(server[Symbol.asyncDispose]()).toBe(first);
    await first;
    await gone;
    expect(await client.ready()).toBe(false);
  });

  it('takes a request back when its client goes away before it runs', async () => {
    writeFileSync(
      path.join(repository, 'cfg_empty', 'config.pbtxt'),
      'max_batch_size: 8\ndynamic_batching { max_queue_delay_microseconds: 400000 preferred_batch_size: 8 }',
    );
    await start();
    const json = '{"inputs":[{"name":"INPUT","datatype":"FP32","shape":[1,4],"data":[1,2,3,4]}]}';
    const sent = httpRequest(`${server.httpUrl}/v2/models/cfg_empty/infer`, { method: 'POST' });
    sent.on('error', () => undefined);
    await new Promise<void>((resolve) => sent.end(json, () => resolve()));
    sent.destroy();
    const { outputs } = await client.infer('cfg_empty', { inputs: [tensor(floats(1, 2, 3, 4), [1, 4])] });
    expect(numbers(outputs[0]?.data)).toEqual([2, 4, 6, 8]);
    const { model_stats } = JSON.parse((await text('/v2/models/cfg_empty/stats')).body);
    expect(model_stats[0].inference_count).toBe(1);
  });
});

it('names onnxruntime-node as the reason if it is missing, and keeps serving', async () => {
  const repository = unpackGolden('good', ['cfg_empty']);
  const nowhere = mkdtempSync(path.join(tmpdir(), 'triton-local-none-'));
  const server = await startInferenceServer(
    {
      repository,
      host: '127.0.0.1',
      httpPort: 0,
      modelControlMode: 'none',
      runtimePaths: [nowhere],
      python: modelPython,
      events: new EventBus(),
    },
    new AbortController().signal,
  );
  try {
    expect(server.models()[0]?.reason).toMatch(
      /^Internal: onnxruntime-node, which runs ONNX models, was not found; install/,
    );
    expect((await fetch(`${server.httpUrl}/v2/health/live`)).status).toBe(200);
  } finally {
    await server[Symbol.asyncDispose]();
    removeRepository(repository);
    rmSync(nowhere, { recursive: true, force: true });
  }
});
