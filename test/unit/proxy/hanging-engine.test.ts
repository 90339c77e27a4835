import http2 from 'node:http2';
import net from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { CopiedBytes } from '../../../src/proxy/gateway/copied-bytes.ts';
import { TcpGateway } from '../../../src/proxy/gateway/tcp-gateway.ts';
import { GrpcGateway } from '../../../src/proxy/index.ts';

const LIVENESS = { silentMs: 40, probeMs: 120 };
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Something that accepts connections, reads what comes and never says a word: its HTTP, gRPC and metrics. */
async function startHanging() {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  return { http: `http://${address}`, grpc: address, metrics: address };
}

test('a gRPC call to an engine that hangs ends', async () => {
  const gateway = new GrpcGateway({ allowsControl: false, liveness: LIVENESS });
  const port = await gateway.listen('127.0.0.1', 0, 'gRPC');
  cleanups.push(() => gateway[Symbol.asyncDispose]());
  gateway.switchTo(await startHanging());
  const client = http2.connect(`http://127.0.0.1:${port}`);
  client.on('error', () => undefined);
  cleanups.push(() => client.destroy());
  const call = client.request({ ':method': 'POST', ':path': '/inference.GRPCInferenceService/ModelInfer' });
  call.on('error', () => undefined);
  await new Promise((resolve) => call.once('close', resolve));
  expect(call.rstCode).not.toBe(http2.constants.NGHTTP2_NO_ERROR);
});

test('a connection whose bytes are only copied ends if the engine hangs, and stays open without requests', async () => {
  const gateway = new TcpGateway({
    service: 'metrics',
    pass: (client, engine) => new CopiedBytes(client, engine),
    liveness: LIVENESS,
  });
  const port = await gateway.listen('127.0.0.1', 0, 'metrics');
  cleanups.push(() => gateway[Symbol.asyncDispose]());
  gateway.switchTo(await startHanging());
  const idle = net.connect(port, '127.0.0.1');
  cleanups.push(() => idle.destroy());
  const asking = net.connect(port, '127.0.0.1', () => asking.write('GET /metrics HTTP/1.1\r\n\r\n'));
  asking.on('error', () => undefined);
  await new Promise((resolve) => asking.once('close', resolve));
  expect(idle.closed).toBe(false);
});

test('a gRPC connection to a server whose TLS handshake hangs ends', async () => {
  const gateway = new GrpcGateway({ allowsControl: false });
  const port = await gateway.listen('127.0.0.1', 0, 'gRPC');
  cleanups.push(() => gateway[Symbol.asyncDispose]());
  const { http, grpc } = await startHanging();
  gateway.switchTo({ http, grpc: `grpcs://${grpc}` });
  const client = net.connect(port, '127.0.0.1');
  client.on('error', () => undefined);
  await new Promise((resolve) => client.once('close', resolve));
}, 60_000);
