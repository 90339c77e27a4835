import { afterEach, describe, expect, it } from 'vitest';
import type { ScoreOutcome } from '../../../src/python/index.ts';
import { ask, open, readAnswer, requestText } from './raw-http.ts';
import { FakePool, reply, startService, type TestService } from './service.ts';

let service: TestService;
afterEach(() => service[Symbol.asyncDispose]());

/** A response that the script made: its headers are complete. */
const MADE = { runFunctionFailed: undefined, runReturned: false };

async function answerTo(outcome: ScoreOutcome, extra: readonly string[] = [], method = 'POST') {
  service = await startService(new FakePool(() => outcome));
  return ask(service.port, requestText(method, '/score', extra, method === 'POST' ? '{}' : ''));
}

describe('a reply of the script', () => {
  it('goes out with the headers in the order of the real server', async () => {
    const answer = await answerTo(reply('{}'), ['x-ms-client-request-id: C', 'TraceId: T']);
    expect(answer.headers.map(([name]) => name)).toEqual([
      'Server',
      'Date',
      'Content-Type',
      'Content-Length',
      'x-ms-run-function-failed',
      'x-ms-run-fn-exec-ms',
      'x-ms-server-version',
      'x-request-id',
      'x-ms-request-id',
      'x-ms-client-request-id',
      'TraceId',
      'x-triton-local-generation',
      'Connection',
    ]);
    expect(answer.header('x-ms-run-fn-exec-ms')).toBe('0.070');
    expect(answer.header('x-ms-run-function-failed')).toBe('False');
  });

  it('keeps the headers of a response that the script made, but for the ids and the true length', async () => {
    const headers = [
      ['Content-Type', 'text/html'],
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['content-type', 'second/one'],
      ['Content-Length', '77'],
      ['X-Request-Id', 'mine'],
      ['x-ms-run-function-failed', 'maybe'],
      ['TraceId', 'mine'],
      ['x-raw', '\xe9'],
    ] as const;
    const answer = await answerTo(reply('abc', { headers, ...MADE }), ['x-request-id: A', 'TraceId: T']);
    const values = (name: string) =>
      answer.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
    expect(values('set-cookie')).toEqual(['a=1', 'b=2']);
    expect(values('content-type')).toEqual(['text/html', 'second/one']);
    expect(values('content-length')).toEqual(['3']);
    expect(values('x-request-id')).toEqual(['A']);
    expect(values('x-ms-run-function-failed')).toEqual(['maybe']);
    expect(values('traceid')).toEqual(['mine', 'T']);
    expect(values('x-raw')).toEqual(['\xe9']);
    expect(answer.body.toString()).toBe('abc');
  });

  it.each([
    [204, 'NO CONTENT'],
    [304, 'NOT MODIFIED'],
  ])('has no length and no body at %i', async (status, reason) => {
    const answer = await answerTo(reply('', { status, ...MADE }));
    expect([answer.status, answer.reason]).toEqual([status, reason]);
    expect(answer.header('content-length')).toBeUndefined();
  });

  it('may have a status without a standard name', async () => {
    const answer = await answerTo(reply('x', { status: 599, runFunctionFailed: true }));
    expect([answer.status, answer.reason]).toEqual([599, 'UNKNOWN']);
    expect(answer.header('x-ms-run-function-failed')).toBe('True');
  });

  it('sends no run time where run() did not return', async () => {
    const answer = await answerTo(reply('x', { runReturned: false }));
    expect(answer.header('x-ms-run-fn-exec-ms')).toBeUndefined();
  });

  it("is gunicorn's page, without ids, if the request ended its handler", async () => {
    const answer = await answerTo({ kind: 'aborted', queueMs: 0, runMs: 0 });
    expect([answer.status, answer.reason]).toEqual([500, 'Internal Server Error']);
    expect(answer.body.toString()).toMatch(/^<html>/);
    expect(answer.header('x-request-id')).toBeUndefined();
  });

  it.each<[string, Partial<Extract<ScoreOutcome, { kind: 'reply' }>>]>([
    ['a header that would split the answer', { headers: [['x-a', 'b\r\nx-c: d']] }],
    ['a header beyond latin1', { headers: [['x-a', '中']] }],
    ['a header name that is none', { headers: [['x a', 'b']] }],
    ['a status that is none', { status: 5 }],
    ['an interim status', { status: 101 }],
  ])('becomes an internal error for %s', async (_case, rest) => {
    const answer = await answerTo(reply('x', { ...MADE, ...rest }));
    expect(answer.status).toBe(500);
    expect(answer.body.toString()).toContain('An unexpected internal error occurred.');
    expect(answer.header('x-ms-run-function-failed')).toBe('False');
    expect(answer.header('x-c')).toBeUndefined();
    expect(service.events.some((event) => event.type === 'log.line' && event.level === 'error')).toBe(true);
  });

  it('is an internal error if the worker was lost', async () => {
    const answer = await answerTo({ kind: 'lost', reason: 'killed', queueMs: 1, runMs: 0 });
    expect(answer.status).toBe(500);
    expect(answer.body.toString()).toBe(
      '{"message": "An unexpected internal error occurred. Check the logs for more info."}',
    );
    expect(answer.header('x-ms-run-function-failed')).toBe('False');
    expect(answer.header('x-request-id')).toBeDefined();
  });

  it('is an internal error if the pool itself fails, and the log says why', async () => {
    service = await startService(
      new FakePool(() => {
        throw new Error('no worker left');
      }),
    );
    const answer = await ask(service.port, requestText('POST', '/score', [], '{}'));
    expect(answer.status).toBe(500);
    expect(service.events).toContainEqual(
      expect.objectContaining({ type: 'log.line', text: expect.stringContaining('no worker left') }),
    );
  });
});

describe('bodies', () => {
  it('arrive whole however they are cut', async () => {
    const pool = new FakePool((request) => reply(`"${Buffer.from(request.body).toString('hex')}"`));
    service = await startService(pool);
    const socket = await open(service.port);
    socket.write(
      'POST /score HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\xff{\r\n',
      'latin1',
    );
    socket.write('1\r\n}\r\n0\r\n\r\n');
    expect((await readAnswer(socket)).body.toString()).toBe('"ff7b7d"');
    const big = Buffer.alloc(3_000_000, 7);
    const second = readAnswer(socket);
    socket.write(`POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: ${big.length}\r\n\r\n`);
    socket.write(big);
    expect((await second).body.length).toBe(big.length * 2 + 2);
    expect(Buffer.compare(pool.requests[1]?.body ?? Buffer.alloc(0), big)).toBe(0);
    socket.destroy();
  });
});

describe('a caller who leaves', () => {
  it('removes its request from the queue, and is reported as 499', async () => {
    let started = (_signal: AbortSignal) => {};
    const begun = new Promise<AbortSignal>((resolve) => {
      started = resolve;
    });
    service = await startService(
      new FakePool(
        (_request, signal) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () =>
              resolve({ kind: 'lost', reason: 'aborted', queueMs: 0, runMs: 0 }),
            );
            started(signal);
          }),
      ),
    );
    const socket = await open(service.port);
    socket.write(requestText('POST', '/score', [], '{}'));
    const signal = await begun;
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    socket.destroy();
    await aborted;
    await expect.poll(() => service.requestEvents()).toMatchObject([{ status: 499 }]);
  });

  it('leaves nothing to the pool when its body was never complete', async () => {
    const pool = new FakePool();
    service = await startService(pool);
    const socket = await open(service.port);
    socket.write('POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{');
    await ask(service.port, requestText('GET', '/'));
    socket.destroy();
    await expect.poll(() => service.requestEvents()).toMatchObject([{ status: 499 }]);
    expect(pool.requests).toHaveLength(0);
  });
});
