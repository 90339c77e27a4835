import { afterEach, expect, it } from 'vitest';
import type { ScoreOutcome } from '../../../src/python/index.ts';
import { ask, open, readAnswer, requestText } from './raw-http.ts';
import { FakePool, reply, startService, type TestService } from './service.ts';

let service: TestService;
afterEach(() => service[Symbol.asyncDispose]());

it('finishes what it accepted, ends idle connections at once, and accepts nothing new', async () => {
  let finish = (_outcome: ScoreOutcome) => {};
  let begun = () => {};
  const started = new Promise<void>((resolve) => {
    begun = resolve;
  });
  service = await startService(
    new FakePool(
      () =>
        new Promise((resolve) => {
          finish = resolve;
          begun();
        }),
    ),
  );
  const silent = await open(service.port);
  const idle = await open(service.port);
  idle.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await readAnswer(idle);
  const busy = await open(service.port);
  busy.write('POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}');
  await started;

  const closed = service.server[Symbol.asyncDispose]();
  expect(service.server[Symbol.asyncDispose]()).toBe(closed);
  await Promise.all([silent, idle].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  await expect(open(service.port)).rejects.toThrow('ECONNREFUSED');

  const answer = readAnswer(busy);
  const ended = new Promise((resolve) => busy.once('close', resolve));
  finish(reply('"late"'));
  expect((await answer).body.toString()).toBe('"late"');
  expect((await answer).header('connection')).toBe('close');
  await Promise.all([ended, closed]);
});

it('is left: the port is free, who is connected is served on, and goes with the next answer at the end', async () => {
  service = await startService();
  const socket = await open(service.port);
  const askAgain = () => {
    const answer = readAnswer(socket);
    socket.write('POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}');
    return answer;
  };
  await askAgain();
  await service.server.stopListening();
  await expect(open(service.port)).rejects.toThrow('ECONNREFUSED');
  expect((await askAgain()).header('connection')).toBe('keep-alive');
  const ended = new Promise((resolve) => socket.once('close', resolve));
  const closed = service.server[Symbol.asyncDispose]();
  const last = await askAgain();
  expect([last.status, last.header('connection')]).toEqual([200, 'close']);
  await Promise.all([ended, closed]);
});

it('names the port and the holder when it is taken', async () => {
  service = await startService();
  await expect(startService(new FakePool(), { port: service.port })).rejects.toMatchObject({
    code: 'PORT_TAKEN',
    message: expect.stringContaining(`port ${service.port} (scoring service)`),
  });
});

it('keeps a connection for the next request', async () => {
  service = await startService();
  const socket = await open(service.port);
  for (let round = 0; round < 3; round += 1) {
    const answer = readAnswer(socket);
    socket.write('POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}');
    expect((await answer).status).toBe(200);
  }
  socket.destroy();
});

it('answers pipelined requests in their order', async () => {
  service = await startService();
  const socket = await open(service.port);
  let text = '';
  socket.on('data', (data) => {
    text += data;
  });
  const ended = new Promise((resolve) => socket.once('close', resolve));
  socket.write(
    ['A', 'B', 'C']
      .map((id) => requestText('POST', '/score', [`x-request-id: ${id}`], '{}'))
      .map((request, index) => (index < 2 ? request.replace('Connection: close\r\n', '') : request))
      .join(''),
  );
  await ended;
  expect([...text.matchAll(/x-request-id: (.)/g)].map(([, id]) => id)).toEqual(['A', 'B', 'C']);
  expect((await ask(service.port, requestText('GET', '/'))).status).toBe(200);
});
