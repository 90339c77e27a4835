// Misbehaving callers: what they get, and that they affect no other caller.
import { afterEach, describe, expect, it } from 'vitest';
import { ask, exchangeBytes, open, requestText } from './raw-http.ts';
import { FakePool, reply, startService, type TestService } from './service.ts';

let service: TestService;
afterEach(() => service[Symbol.asyncDispose]());

describe('a caller who closes its side after sending', () => {
  it('gets its answer', async () => {
    service = await startService();
    const request = 'POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}';
    expect((await exchangeBytes(service.port, request, { halfClose: true }))?.body.toString()).toBe('"ok"');
  });

  it('is asked whether it still listens while it waits, and gets its answer after that', async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    service = await startService(
      new FakePool(async () => {
        await gate;
        return reply('"late"');
      }),
    );
    const socket = await open(service.port, true);
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    const ended = new Promise((resolve) => socket.once('end', resolve));
    socket.end('POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}');
    await expect.poll(() => text, { timeout: 5_000 }).toMatch(/^HTTP\/1\.1 102 Processing\r\n\r\n/);
    release();
    await ended;
    expect(text).toMatch(/102 Processing\r\n\r\n.*HTTP\/1\.1 200 OK.*"late"$/s);
    socket.destroy();
  });
});

describe('bytes that are no HTTP', () => {
  it('after a request leave its answer alone', async () => {
    service = await startService(
      new FakePool(async () => {
        // The bad bytes are there before the answer.
        await new Promise((resolve) => setImmediate(resolve));
        return reply('"ok"');
      }),
    );
    const socket = await open(service.port);
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.write('POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}garbage\r\n\r\n');
    await ended;
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
  });

  it('within a chunked body are an internal error with ids, and no business of the script', async () => {
    const pool = new FakePool();
    service = await startService(pool);
    const head = requestText('POST', '/score', ['Transfer-Encoding: chunked', 'x-request-id: A']);
    const answer = await exchangeBytes(service.port, `${head}zz\r\n{}\r\n0\r\n\r\n`);
    expect([answer?.status, answer?.header('x-request-id'), answer?.header('connection')]).toEqual([
      500,
      'A',
      'close',
    ]);
    expect(pool.requests).toHaveLength(0);
    expect((await ask(service.port, requestText('POST', '/score', [], '{}'))).status).toBe(200);
  });

  it.each([
    ['HTTP/2.0', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', 400],
    ['no version at all', 'GET /\r\n\r\n', 400],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    [
      'two content types',
      requestText('POST', '/score', ['Content-Type: a/b', 'Content-Type: c/d'], '{}'),
      400,
    ],
    ['an unknown transfer coding', requestText('POST', '/score', ['Transfer-Encoding: fancy']), 501],
    ['chunks in HTTP/1.0', 'POST /score HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['two expectations', requestText('POST', '/score', ['Expect: 100-continue, fish'], '{}'), 417],
  ])("are refused with gunicorn's page: %s", async (_case, bytes, status) => {
    service = await startService();
    const answer = await exchangeBytes(service.port, bytes);
    expect(answer?.status).toBe(status);
    expect(answer?.body.toString()).toMatch(/^<html>/);
  });
});

describe('a sender that is too slow', () => {
  const QUICK = { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 20 };

  it.each([
    ['within the head', 'POST /score HTTP/1.1\r\nHost: a\r\n', undefined],
    [
      'within the body',
      'POST /score HTTP/1.1\r\nHost: a\r\nx-request-id: A\r\nContent-Length: 9\r\n\r\n{',
      'A',
    ],
    [
      'within a chunk',
      'POST /score HTTP/1.1\r\nHost: a\r\nx-request-id: A\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{',
      'A',
    ],
  ])('%s gets 408, and occupies no worker', async (_where, bytes, id) => {
    const pool = new FakePool();
    service = await startService(pool, {}, QUICK);
    const answer = await exchangeBytes(service.port, bytes);
    expect([answer?.status, answer?.header('x-request-id'), answer?.header('connection')]).toEqual([
      408,
      id,
      'close',
    ]);
    expect(pool.requests).toHaveLength(0);
  });

  it('does not keep the answer of a request before it', async () => {
    service = await startService(new FakePool(), {}, QUICK);
    const socket = await open(service.port);
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.write('POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}GET / HT');
    await ended;
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 408']);
  });
});
