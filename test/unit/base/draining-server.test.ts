import { createServer, type RequestListener } from 'node:http';
import net from 'node:net';
import { expect, it } from 'vitest';
import { DrainingServer } from '../../../src/base/index.ts';

async function start(answer: RequestListener, drainMs: number) {
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    draining.track(request, response);
    answer(request, response);
  });
  const errors: Error[] = [];
  const draining = new DrainingServer(server, { drainMs, onError: (error) => errors.push(error) });
  const port = await draining.listen('127.0.0.1', 0, 'a test');
  return { server, draining, port, errors };
}

/** A connection that sends these bytes, and what came back when it closed. */
function connect(port: number, bytes = '') {
  const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  return { socket, closed, connected: new Promise((resolve) => socket.once('connect', resolve)) };
}

it('ends idle connections at once and the others after their answers', async () => {
  const finish: (() => void)[] = [];
  const { draining, port } = await start(
    (_request, response) => finish.push(() => response.end('whole')),
    5_000,
  );
  const mute = connect(port);
  await mute.connected;
  const busy = connect(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await expect.poll(() => finish.length).toBe(1);
  const ended = draining.close();
  expect(await mute.closed).toBe('');
  finish[0]?.();
  expect(await busy.closed).toMatch(/whole$/);
  await ended;
});

it('destroys what has not ended in time', async () => {
  const { draining, port } = await start(() => undefined, 20);
  const hanging = connect(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await hanging.connected;
  await draining.close();
  expect(await hanging.closed).toBe('');
});

it('stops counting a request whose connection closes before its turn to be answered', async () => {
  let requests = 0;
  const { draining, port } = await start(() => (requests += 1), 60_000);
  const pipelining = connect(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3));
  await expect.poll(() => requests).toBe(3);
  pipelining.socket.destroy();
  await draining.close();
});

it('reports a connection that cannot be accepted and listens on', async () => {
  const { server, draining, port, errors } = await start((_request, response) => response.end('fine'), 0);
  server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
  expect(errors).toHaveLength(1);
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('fine');
  await draining.close();
});
