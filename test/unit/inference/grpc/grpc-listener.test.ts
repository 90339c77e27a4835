import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Lifetime } from '../../../../src/base/index.ts';
import { EventBus } from '../../../../src/events/index.ts';
import type { Backend, ModelInstance } from '../../../../src/inference/backends/backend.ts';
import { GrpcListener } from '../../../../src/inference/grpc/grpc-listener.ts';
import { InferenceService } from '../../../../src/inference/inference-service.ts';
import { LogSettings } from '../../../../src/inference/log-settings.ts';
import { ModelMetrics } from '../../../../src/inference/metrics/model-metrics.ts';
import { ModelControl } from '../../../../src/inference/model-control.ts';
import { ModelTable } from '../../../../src/inference/model-table.ts';
import { readTritonArguments } from '../../../../src/inference/triton-arguments.ts';

const INFER = '/inference.GRPCInferenceService/ModelInfer';
const STREAM = '/inference.GRPCInferenceService/ModelStreamInfer';
const LIVE = '/inference.GRPCInferenceService/ServerLive';

/** Gives its input back as soon as the test says so. */
class HeldModel implements ModelInstance {
  readonly waiting: (() => void)[] = [];
  cancelled = 0;

  readonly execute: ModelInstance['execute'] = ([request]) => {
    if (request?.cancellation)
      request.cancellation.cancel = () => {
        this.cancelled += 1;
      };
    const outputs = (request?.inputs ?? []).map((input) => ({ ...input, name: 'OUTPUT' }));
    return new Promise((resolve) =>
      this.waiting.push(() =>
        resolve({
          outcomes: [{ outputs, parameters: undefined }],
          computeInputNs: 1,
          computeInferNs: 1,
          computeOutputNs: 1,
        }),
      ),
    );
  };

  async release(count = 1): Promise<void> {
    for (let left = count; left > 0; left -= 1) {
      await vi.waitFor(() => expect(this.waiting).not.toHaveLength(0), 20_000);
      this.waiting.shift()?.();
    }
  }
}

interface Outcome {
  readonly status: string | undefined;
  readonly message: string | undefined;
  readonly body: Buffer;
  readonly rstCode: number | undefined;
}

const field = (number: number, bytes: string | readonly number[] | Uint8Array) =>
  Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), Buffer.from(bytes)]);
const frame = (message: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);
const request = (model: string, id: string) =>
  frame(
    Buffer.concat([
      field(1, model),
      field(3, id),
      field(5, Buffer.concat([field(1, 'INPUT'), field(2, 'UINT8'), field(3, [1])])),
      field(7, [42]),
    ]),
  );

let lifetime: Lifetime;
let repository: string;
let models: { held: HeldModel; other: HeldModel };
let listener: GrpcListener;
let client: http2.ClientHttp2Session;

async function start(tritonArgs: readonly string[] = []): Promise<void> {
  const table = new ModelTable();
  const backend: Backend = {
    load: async ({ config }) => ({
      config,
      instances: [models[config.name as keyof typeof models]],
      async [Symbol.asyncDispose]() {},
    }),
    async [Symbol.asyncDispose]() {},
  };
  const control = new ModelControl(table, repository, new Map([['onnxruntime', backend]]), new EventBus(), {
    metrics: new ModelMetrics({ counters: true, quantiles: undefined }),
  });
  lifetime.use('models', control);
  for (const name of Object.keys(models)) await control.load(name);
  const settings = readTritonArguments(tritonArgs);
  const service = new InferenceService({
    models: table,
    control,
    modelControlMode: 'none',
    version: '2.51.0',
    settings,
    logSettings: new LogSettings(settings.log),
  });
  lifetime.defer('service', () => service[Symbol.dispose]());
  listener = lifetime.use('grpc', new GrpcListener(service));
  const port = await listener.listen('127.0.0.1', 0, 'gRPC');
  client = http2.connect(`http://127.0.0.1:${port}`);
  client.on('error', () => undefined);
  lifetime.defer('client', () => client.destroy());
}

function open(target: string, fields: http2.OutgoingHttpHeaders = {}) {
  const stream = client.request({
    ':method': 'POST',
    ':path': target,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...fields,
  });
  let head: http2.IncomingHttpHeaders = {};
  let trailers: http2.IncomingHttpHeaders = {};
  const pieces: Buffer[] = [];
  stream.on('response', (received) => {
    head = received;
  });
  stream.on('trailers', (received) => {
    trailers = received;
  });
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  stream.on('error', () => undefined);
  const outcome = new Promise<Outcome>((resolve) =>
    stream.once('close', () =>
      resolve({
        status: String(trailers['grpc-status'] ?? head['grpc-status'] ?? ''),
        message: String(trailers['grpc-message'] ?? head['grpc-message'] ?? ''),
        body: Buffer.concat(pieces),
        rstCode: stream.rstCode,
      }),
    ),
  );
  return { stream, outcome };
}

function call(target: string, body: Buffer, fields?: http2.OutgoingHttpHeaders): Promise<Outcome> {
  const { stream, outcome } = open(target, fields);
  stream.end(body);
  return outcome;
}

beforeEach(() => {
  lifetime = new Lifetime();
  repository = mkdtempSync(path.join(tmpdir(), 'triton-local-grpc-'));
  models = { held: new HeldModel(), other: new HeldModel() };
  const tensor = (kind: string, name: string) =>
    `${kind} { name: "${name}" data_type: TYPE_UINT8 dims: [ 1 ] }\n`;
  for (const name of Object.keys(models)) {
    mkdirSync(path.join(repository, name, '1'), { recursive: true });
    writeFileSync(path.join(repository, name, '1', 'model.onnx'), '');
    writeFileSync(
      path.join(repository, name, 'config.pbtxt'),
      `backend: "onnxruntime"\n${tensor('input', 'INPUT')}${tensor('output', 'OUTPUT')}`,
    );
  }
});

afterEach(async () => {
  await lifetime[Symbol.asyncDispose]();
  rmSync(repository, { recursive: true, force: true });
});

describe('a call of one message', () => {
  it('is answered with the outputs of the model', async () => {
    await start();
    const answer = call(INFER, request('held', 'a'));
    await models.held.release();
    const { status, body } = await answer;
    expect(status).toBe('0');
    expect(body.subarray(-3)).toEqual(Buffer.from([0x32, 1, 42]));
  });

  it.each([
    ['an unknown method', '/inference.GRPCInferenceService/Nothing', {}, '12', ''],
    ['another HTTP method', LIVE, { ':method': 'PUT' }, '2', 'Bad method header'],
    ['no te field', LIVE, { te: undefined }, '2', 'Missing :te header'],
    ['a time that is over', INFER, { 'grpc-timeout': '0S' }, '4', 'Deadline Exceeded'],
    ['no message', INFER, {}, '13', 'Unable to parse request'],
  ] as const)('has the status of its mistake: %s', async (_what, target, fields, status, message) => {
    await start();
    expect(await call(target, Buffer.alloc(0), fields)).toMatchObject({ status, message });
  });

  it.each([
    ['encoding', { 'grpc-encoding': 'br' }],
    ['content type', { 'content-type': 'application/json' }],
    ['timeout', { 'grpc-timeout': 'soon' }],
    ['binary field', { 'x-own-bin': '***' }],
  ])('is reset for an unreadable %s', async (_what, fields) => {
    await start();
    const { rstCode, status } = await call(LIVE, frame(Buffer.alloc(0)), fields);
    expect(rstCode).toBe(http2.constants.NGHTTP2_INTERNAL_ERROR);
    expect(status).toBe('');
  });

  it('needs the header of its restriction', async () => {
    await start(['--grpc-restricted-protocol=health:key=secret']);
    expect(await call(LIVE, frame(Buffer.alloc(0)))).toMatchObject({
      status: '14',
      message: "This protocol is restricted, expecting header 'triton-grpc-protocol-key'",
    });
    const allowed = await call(LIVE, frame(Buffer.alloc(0)), { 'triton-grpc-protocol-key': 'secret' });
    expect(allowed.status).toBe('0');
  });

  it('takes its request back when its time is over', async () => {
    await start();
    const answer = call(INFER, request('held', 'a'), { 'grpc-timeout': '300m' });
    expect(await answer).toMatchObject({ status: '4', message: 'Deadline Exceeded' });
    await vi.waitFor(() => expect(models.held.cancelled).toBe(1), 20_000);
    await models.held.release();
  });

  it('takes its request back when the client leaves', async () => {
    await start();
    const { stream, outcome } = open(INFER);
    stream.end(request('held', 'a'));
    await vi.waitFor(() => expect(models.held.waiting).toHaveLength(1), 20_000);
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await outcome;
    await vi.waitFor(() => expect(models.held.cancelled).toBe(1), 20_000);
    await models.held.release();
  });
});

describe('a stream', () => {
  it('answers in the order of its requests and says what failed', async () => {
    await start();
    const { stream, outcome } = open(STREAM);
    stream.write(request('held', 'first'));
    stream.write(request('other', 'second'));
    stream.end(request('none', 'third'));
    await models.other.release();
    await models.held.release();
    const { status, body } = await outcome;
    expect(status).toBe('0');
    const at = ['first', 'second', 'third', "'none' is not found"].map((text) => body.indexOf(text));
    expect(at.every((place) => place > 0)).toBe(true);
    expect(at[0]).toBeLessThan(at[1] ?? 0);
    expect(at[1]).toBeLessThan(at[2] ?? 0);
  });

  it('ends with its time though the client leaves it open', async () => {
    await start();
    const { stream, outcome } = open(STREAM, { 'grpc-timeout': '3S' });
    stream.once('trailers', () => stream.end());
    stream.write(request('held', 'a'));
    await models.held.release();
    expect(await outcome).toMatchObject({ status: '4', message: 'Deadline Exceeded' });
  });
});

describe('the end of the listener', () => {
  it('waits for calls in progress and lets nothing new in', async () => {
    await start();
    const answer = call(INFER, request('held', 'a'));
    await vi.waitFor(() => expect(models.held.waiting).toHaveLength(1), 20_000);
    const closed = listener[Symbol.asyncDispose]();
    await models.held.release();
    expect((await answer).status).toBe('0');
    await closed;
    expect(client.closed || client.destroyed).toBe(true);
  });

  it('answers what a stream has begun, and does not wait for its client', async () => {
    await start();
    const { stream, outcome } = open(STREAM);
    stream.once('trailers', () => stream.end());
    stream.write(request('held', 'first'));
    await vi.waitFor(() => expect(models.held.waiting).toHaveLength(1), 20_000);
    const closed = listener[Symbol.asyncDispose]();
    await models.held.release();
    const { status, body } = await outcome;
    expect(status).toBe('14');
    expect(body.includes('first')).toBe(true);
    await closed;
  });
});
