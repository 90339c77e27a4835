import { mkdir } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ExternalEngine,
  type ExternalEngineOptions,
  FrontedEngine,
  NativeEngine,
  type RunningEngine,
} from '../../../src/engines/index.ts';
import { type EmulatorEvent, EventBus } from '../../../src/events/index.ts';
import { gateway, pythonModels } from '../../contract/contract-models.ts';
import { type Certificates, makeCertificates } from '../../helpers/certificates.ts';
import { walkOnExternal } from '../../helpers/external-walk.ts';
import { peerPython, runPython } from '../../helpers/python.ts';
import { TempFolder } from '../../helpers/temp-project.ts';
import { realTriton, skipLoudly } from '../../helpers/triton.ts';
import { startBareTriton } from '../../helpers/triton-process.ts';

if (realTriton === undefined) skipLoudly('the external engine');
const signal = new AbortController().signal;
const KEY = 'a-secret-key';

describe.skipIf(realTriton === undefined || !peerPython)(
  'a Triton behind TLS, keys and client certificates',
  () => {
    const parts: AsyncDisposable[] = [];
    const use = <T extends AsyncDisposable>(part: T): T => {
      parts.push(part);
      return part;
    };
    const seen: EmulatorEvent[] = [];
    const events = new EventBus();
    events.subscribe((event) => seen.push(event));
    let certificates: Certificates;
    let remote: RunningEngine;
    let options: ExternalEngineOptions;
    let running: RunningEngine;

    beforeAll(async () => {
      certificates = use(await makeCertificates());
      const folder = use(await TempFolder.create('triton-local-external-'));
      await mkdir(folder.path('repository/adder'), { recursive: true });
      await pythonModels.add(folder.path('repository/adder'), 1);
      const native = new NativeEngine({
        program: realTriton ?? '',
        repository: folder.path('repository'),
        workDirectory: folder.path('work'),
        environment: process.env as Record<string, string>,
        events: { emit: () => undefined },
      });
      remote = use(await native.start(signal));
      const { http: plain, grpc = '', metrics = '' } = remote.endpoints;
      const web = use(await httpsFront(certificates, plain, `http://${metrics}`));
      const calls = use(await grpcFront(certificates, grpc));
      const pem = (name: string) => path.join(certificates.directory, name);
      options = {
        url: web.url,
        metricsUrl: `${web.url}/metrics`,
        grpcUrl: `grpcs://${calls.address}`,
        headers: { 'X-Key': KEY },
        tlsFiles: { ca: pem('ca.pem'), cert: pem('cert.pem'), key: pem('key.pem') },
        hasLocalModels: true,
        events,
      };
      running = use(
        await new FrontedEngine(new ExternalEngine(options), { ...gateway, events }).start(signal),
      );
    });
    afterAll(async () => {
      for (const part of parts.splice(0).reverse()) await part[Symbol.asyncDispose]();
    });

    test('answers the real clients for HTTP and gRPC through our ports', async () => {
      const { http: url, grpc = '' } = running.endpoints;
      const told = JSON.parse(await runPython(ASK, new URL(url).host, grpc));
      expect(told).toEqual({
        http: [2, 3, 4, 5],
        grpc: [2, 3, 4, 5],
        index: ['adder'],
        refused: ['503', 'UNAVAILABLE'],
      });
    });

    test('passes its metrics on', async () => {
      const answer = await fetch(`http://${running.endpoints.metrics}/metrics`);
      expect(await answer.text()).toContain('nv_inference_request_success{model="adder"');
    });

    test('follows its index, and loads and unloads nothing though it allows that', async () => {
      expect(running.models()).toEqual([{ name: 'adder', version: '1', state: 'READY', reason: '' }]);
      await expect(running.unload('adder')).rejects.toMatchObject({ code: 'MODELS_ELSEWHERE' });
      const control = `${remote.endpoints.http}/v2/repository/models/adder`;
      await fetch(`${control}/unload`, { method: 'POST' });
      await expect.poll(() => running.models().length, { timeout: 5_000 }).toBe(0);
      await expect(running.load('adder')).rejects.toMatchObject({ code: 'MODELS_ELSEWHERE' });
      await fetch(`${control}/load`, { method: 'POST' });
      await expect.poll(() => running.models(), { timeout: 5_000 }).toMatchObject([{ state: 'READY' }]);
    });

    test('says what is wrong: an unknown authority, no certificate of ours, no key, a file that is not there', async () => {
      const start = (changed: Partial<ExternalEngineOptions>) =>
        new ExternalEngine({ ...options, ...changed }).start(signal);
      const files = options.tlsFiles ?? { ca: undefined, cert: undefined, key: undefined };
      await expect(start({ tlsFiles: { ...files, ca: undefined } })).rejects.toMatchObject({
        code: 'ENGINE_UNAVAILABLE',
        hint: expect.stringContaining('--triton-ca'),
      });
      await expect(start({ tlsFiles: { ...files, cert: undefined, key: undefined } })).rejects.toMatchObject({
        code: 'ENGINE_UNAVAILABLE',
      });
      await expect(start({ headers: {} })).rejects.toMatchObject({
        message: expect.stringContaining('401'),
        hint: expect.stringContaining('--triton-header'),
      });
      await expect(start({ tlsFiles: { ...files, ca: '/nowhere/ca.pem' } })).rejects.toMatchObject({
        message: expect.stringMatching(/^--triton-ca: \/nowhere\/ca\.pem /),
      });
    });

    test('reveals the key to no one', () => {
      expect(JSON.stringify(seen)).not.toContain(KEY);
    });
  },
);

describe.skipIf(realTriton === undefined)('a Triton that is not ours, in mode explicit', () => {
  test('is sent nothing that changes its state, by its own log', async () => {
    await using folder = await TempFolder.create('triton-local-external-');
    const repository = folder.path('theirs');
    for (const name of ['adder', 'other']) {
      await mkdir(path.join(repository, name), { recursive: true });
      await pythonModels.add(path.join(repository, name), 1);
    }
    await using triton = await startBareTriton(realTriton ?? '', repository, [
      '--model-control-mode=explicit',
      '--load-model=*',
      '--log-verbose=1',
    ]);
    const url = `http://127.0.0.1:${triton.port}`;
    const index = async () => (await fetch(`${url}/v2/repository/index`, { method: 'POST' })).text();
    const before = await index();
    await walkOnExternal(folder, url);
    expect(await index()).toBe(before);
    const requests = triton.log.flatMap((line) => /HTTP request: \d+ (\S+)/.exec(line)?.[1] ?? []);
    expect(requests).toContain('/v2/repository/index');
    expect(
      requests.filter((it) => !/^\/v2(?:\/health\/\w+|\/repository\/index|\/models\/stats)?$/.test(it)),
    ).toEqual([]);
  });
});

const ASK = `
import json, sys
import numpy
import tritonclient.grpc as grpc
import tritonclient.http as http

answers, refused = {}, []
for name, module, url in (("http", http, sys.argv[1]), ("grpc", grpc, sys.argv[2])):
    client = module.InferenceServerClient(url)
    assert client.is_server_ready() and client.is_model_ready("adder")
    x = module.InferInput("x", [4], "FP32")
    x.set_data_from_numpy(numpy.array([1, 2, 3, 4], numpy.float32))
    answers[name] = client.infer("adder", [x]).as_numpy("y").tolist()
    try:
        client.unload_model("adder")
    except Exception as error:
        assert "explicit model load / unload is not allowed" in error.message(), error.message()
        refused.append(str(error.status()).split(".")[-1])
    if name == "grpc":
        answers["index"] = [model.name for model in client.get_model_repository_index().models]
print(json.dumps({**answers, "refused": refused}))
`;

const demanding = ({ server, ca }: Certificates) => ({
  ...server,
  ca,
  requestCert: true,
  rejectUnauthorized: true,
});

/** An https server that asks for a client certificate and for the key, before HTTP and metrics. */
async function httpsFront(certificates: Certificates, plain: string, metrics: string) {
  const server = https.createServer(demanding(certificates), (request, response) => {
    if (request.headers['x-key'] !== KEY) {
      response.writeHead(401).end('{"error":"no key"}');
      return;
    }
    const base = request.url === '/metrics' ? metrics : plain;
    const { method, headers } = request;
    const onward = http.request(base + request.url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  const port = await listening(server);
  return { url: `https://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => closed(server) };
}

/** TLS with a client certificate before gRPC. */
async function grpcFront(certificates: Certificates, grpc: string) {
  const { hostname, port: target } = new URL(`http://${grpc}`);
  const server = tls.createServer({ ...demanding(certificates), ALPNProtocols: ['h2'] }, (socket) => {
    const onward = net.connect(Number(target), hostname);
    for (const [one, other] of [[socket, onward] as const, [onward, socket] as const]) {
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.once('close', () => other.destroy());
    }
  });
  const port = await listening(server);
  return { address: `127.0.0.1:${port}`, [Symbol.asyncDispose]: () => closed(server) };
}

async function listening(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as net.AddressInfo).port;
}

async function closed(server: net.Server): Promise<void> {
  await new Promise((resolve) => {
    server.close(resolve);
    if (server instanceof https.Server) server.closeAllConnections();
  });
}
