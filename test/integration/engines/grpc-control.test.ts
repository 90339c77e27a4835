// What clients see on the gRPC port of a native Triton in the default control mode, beside a real Triton in that mode:
// the engine behind our gateway runs in explicit mode, because we load through it.
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import http2 from 'node:http2';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { FrontedEngine, NativeEngine } from '../../../src/engines/index.ts';
import { EventBus } from '../../../src/events/index.ts';
import { gateway, pythonModels } from '../../contract/contract-models.ts';
import { runPython } from '../../helpers/python.ts';
import { TempFolder } from '../../helpers/temp-project.ts';
import { realTriton, skipLoudly } from '../../helpers/triton.ts';
import { startBareTriton } from '../../helpers/triton-process.ts';

if (realTriton === undefined) skipLoudly('model control over gRPC');
vi.setConfig({ hookTimeout: 120_000, testTimeout: 120_000 });

const SERVICE = '/inference.GRPCInferenceService/';
const LOAD = `${SERVICE}RepositoryModelLoad`;
const m = Buffer.from([0, 0, 0, 0, 3, 0x12, 1, 0x6d]);

interface Call {
  readonly path: string;
  readonly body?: Buffer;
  /** Whether the client leaves its side open. */
  readonly isOpen?: boolean;
  readonly fields?: http2.OutgoingHttpHeaders;
}

/** What a call came to: its header fields and trailers, how many bytes, and the code with which the stream was closed. */
async function exchange(client: http2.ClientHttp2Session, { path, body, isOpen, fields }: Call) {
  const given = {
    ':method': 'POST',
    ':path': path,
    te: 'trailers',
    'content-type': 'application/grpc',
    ...fields,
  };
  const stream = client.request(given, { endStream: body === undefined });
  const heads: unknown[] = [];
  let bytes = 0;
  for (const event of ['response', 'trailers'] as const)
    stream.on(event, (head: http2.IncomingHttpHeaders) => heads.push(Object.entries(head)));
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  stream.on('error', () => undefined);
  if (body) stream.write(body);
  if (body && !isOpen) stream.end();
  await once(stream, 'close');
  return { heads, bytes, code: stream.rstCode };
}

const CALLS: readonly (readonly [name: string, call: Call])[] = [
  ['a load', { path: LOAD, body: m }],
  ['an unload', { path: `${SERVICE}RepositoryModelUnload`, body: m }],
  ['a load of no model', { path: LOAD, body: Buffer.alloc(5) }],
  ['a load without a message', { path: LOAD }],
  ['a load whose client leaves its side open', { path: LOAD, body: m, isOpen: true }],
  ['an unload without a message', { path: `${SERVICE}RepositoryModelUnload` }],
  ['an index', { path: `${SERVICE}RepositoryIndex`, body: Buffer.alloc(5) }],
  ['an index without a message', { path: `${SERVICE}RepositoryIndex` }],
  ['a load by GET', { path: LOAD, fields: { ':method': 'GET' } }],
  ['a load with a query', { path: `${LOAD}?x`, body: m }],
  ['an unknown method', { path: `${SERVICE}Nothing`, body: m }],
  ['an unknown service', { path: '/nothing.Service/Load', body: m }],
  [
    'a model that is ready',
    { path: `${SERVICE}ModelReady`, body: Buffer.from([0, 0, 0, 0, 3, 0x0a, 1, 0x6d]) },
  ],
  [
    'a model that does not exist',
    { path: `${SERVICE}ModelMetadata`, body: Buffer.from([0, 0, 0, 0, 3, 0x0a, 1, 0x78]) },
  ],
];

describe.skipIf(realTriton === undefined)('a real Triton, and one behind our gateway', () => {
  const started: AsyncDisposable[] = [];
  let ports: readonly [real: number, ours: number] = [0, 0];

  beforeAll(async () => {
    const program = realTriton ?? '';
    const folder = await TempFolder.create('triton-local-grpc-');
    started.push(folder);
    for (const repository of ['real', 'ours']) {
      await mkdir(folder.path(`${repository}/m`), { recursive: true });
      await pythonModels.add(folder.path(`${repository}/m`), 1);
    }
    const real = await startBareTriton(program, folder.path('real'), ['--model-control-mode=none']);
    started.push(real);
    const events = new EventBus();
    const native = new NativeEngine({
      program,
      repository: folder.path('ours'),
      workDirectory: folder.path('work'),
      environment: { ...process.env, TRITON_LOCAL_HOME: folder.path('home') } as Record<string, string>,
      events,
    });
    // As in the emulator, where an index first brings the folders up to date.
    const sync = { begin: async () => ({ end: async () => {} }) };
    const ours = await new FrontedEngine(native, { ...gateway, sync, events }).start(
      new AbortController().signal,
    );
    started.push(ours);
    ports = [real.grpcPort, Number(new URL(`http://${ours.endpoints.grpc}`).port)];
  });

  afterAll(async () => {
    for (const part of started.reverse()) await part[Symbol.asyncDispose]();
  });

  const onBoth = async <Result>(ask: (port: number) => Promise<Result>) => {
    const [real, ours] = ports;
    return { real: await ask(real), ours: await ask(ours) };
  };

  test.each(CALLS)('answer alike: %s', async (_name, call) => {
    const { real, ours } = await onBoth(async (port) => {
      const client = http2.connect(`http://127.0.0.1:${port}`);
      client.on('error', () => undefined);
      try {
        return await exchange(client, call);
      } finally {
        client.destroy();
      }
    });
    expect(ours).toEqual(real);
  });

  test('answer alike on one connection, all at once and after a load that is cut off', async () => {
    const { real, ours } = await onBoth(async (port) => {
      const client = http2.connect(`http://127.0.0.1:${port}`);
      client.on('error', () => undefined);
      try {
        const cancelled = client.request({ ':method': 'POST', ':path': LOAD, te: 'trailers' });
        cancelled.on('error', () => undefined);
        cancelled.write(m.subarray(0, 6));
        cancelled.close(http2.constants.NGHTTP2_CANCEL);
        await once(cancelled, 'close');
        const calls = Array.from({ length: 6 }, () => CALLS.map(([, call]) => call)).flat();
        return await Promise.all(calls.map((call) => exchange(client, call)));
      } finally {
        client.destroy();
      }
    });
    expect(ours).toEqual(real);
  });

  test.each([
    ['HTTP/1.1', 'GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a wrong preface', 'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n'],
    ['a frame that is no frame', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'\xff'.repeat(40)}`],
    [
      'header fields that cannot be decoded',
      `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x01\x01\x05\0\0\0\x01\xff`,
    ],
  ])('close a connection alike: %s', async (_name, text) => {
    const { real, ours } = await onBoth(async (port) => {
      const socket = net.connect({ port, host: '127.0.0.1' });
      const chunks: Buffer[] = [];
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('error', () => undefined);
      socket.write(Buffer.from(text, 'latin1'));
      await once(socket, 'close');
      return Buffer.concat(chunks).toString('latin1');
    });
    expect(ours).toBe(real);
  });

  test('answer the real client alike, over one channel and many threads', async () => {
    const { real, ours } = await onBoth(async (port) => JSON.parse(await runPython(CLIENT, String(port))));
    expect(ours).toEqual(real);
    expect(real.calls).toContainEqual([
      'load',
      'StatusCode.UNAVAILABLE',
      'explicit model load / unload is not allowed if polling is enabled',
    ]);
    expect(real.threads).toEqual([[320, 80]]);
  });
});

const CLIENT = `
import asyncio, base64, json, sys, threading
import grpc, numpy
import tritonclient.grpc as triton
import tritonclient.grpc.aio as aio
from tritonclient.grpc import service_pb2, service_pb2_grpc

url = "127.0.0.1:" + sys.argv[1]
client = triton.InferenceServerClient(url)
x = triton.InferInput("x", [4], "FP32")
x.set_data_from_numpy(numpy.array([1, 2, 3, 4], numpy.float32))
calls = []

def note(name, call):
    try:
        calls.append([name, "OK", str(call())])
    except Exception as error:
        calls.append([name, str(error.status()), error.message()])

big = {"file:1/model.py": base64.b64encode(b"x" * 3000000)}
note("load", lambda: client.load_model("m"))
note("load of nothing", lambda: client.load_model("nothing"))
note("load with a configuration", lambda: client.load_model("m", config='{"backend": "python"}'))
note("load with a file", lambda: client.load_model("big", config='{"backend": "python"}', files=big))
note("unload", lambda: client.unload_model("m"))
note("unload with dependents", lambda: client.unload_model("m", unload_dependents=True))
note("index", lambda: client.get_model_repository_index())
note("index as JSON", lambda: client.get_model_repository_index(as_json=True))
note("infer", lambda: client.infer("m", [x]).as_numpy("y").tolist())
note("compressed infer", lambda: client.infer("m", [x], compression_algorithm="gzip").as_numpy("y").tolist())
note("load with a header", lambda: client.load_model("m", headers={"triton-grpc-protocol-key": "value"}))
note("load in no time", lambda: client.load_model("m", client_timeout=30))

for name, algorithm in (("gzip", grpc.Compression.Gzip), ("deflate", grpc.Compression.Deflate)):
    with grpc.insecure_channel(url, compression=algorithm) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        try:
            stub.RepositoryModelLoad(service_pb2.RepositoryModelLoadRequest(model_name="m" * 2000))
        except grpc.RpcError as error:
            calls.append([name, str(error.code()), error.details()])

async def asynchronous():
    async with aio.InferenceServerClient(url) as client:
        results = await asyncio.gather(
            *(client.load_model("m") for _ in range(10)), *(client.infer("m", [x]) for _ in range(10)),
            return_exceptions=True)
        calls.append(["asyncio", sum("not allowed" in str(result) for result in results), len(results)])
asyncio.run(asynchronous())

counts = [0, 0]
lock = threading.Lock()
def work():
    answers = refusals = 0
    for round in range(50):
        if round % 5 == 0:
            try:
                client.load_model("m")
            except Exception as error:
                refusals += "not allowed" in str(error)
        else:
            answers += client.infer("m", [x]).as_numpy("y").tolist() == [2, 3, 4, 5]
    with lock:
        counts[0] += answers
        counts[1] += refusals
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(json.dumps({"calls": calls, "threads": [counts]}))
`;
