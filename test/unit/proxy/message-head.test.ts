import { describe, expect, test } from 'vitest';
import { BodyEnd } from '../../../src/proxy/gateway/body-end.ts';
import { scanAnswer, scanRequest } from '../../../src/proxy/gateway/message-head.ts';

const request = (text: string) =>
  scanRequest(Buffer.from(text, 'latin1'), new Set(['host', 'x-key']), 65_536);
const answer = (text: string) => scanAnswer(Buffer.from(text, 'latin1'), 65_536);

describe('the head of a request', () => {
  test('is read if it is plain, and its fields stay as written', () => {
    const text =
      'POST /a%2f?b HTTP/1.1\r\nHost: x\r\nX-a:1\r\nx-A:  2\r\nX-Key: t\r\nContent-Length: 3\r\nConnection: close\r\n\r\n';
    expect(request(`${text}abc`)).toEqual({
      method: 'POST',
      target: '/a%2f?b',
      length: text.length,
      bodyLength: 3,
      keepsAlive: false,
      hasOrigin: false,
      fields: 'X-a:1\r\nx-A:  2\r\nContent-Length: 3\r\n',
    });
  });

  test.each([
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    ['chunks', 'POST / HTTP/1.1\r\nHost: x\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['a signed length', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n'],
    ['a list of lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\n'],
    ['an empty length', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n'],
    ['a space before the colon', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 1\r\n\r\n'],
    ['a folded field', 'POST / HTTP/1.1\r\nHost: x\r\nX: 1\r\n Content-Length: 1\r\n\r\n'],
    ['a bare line feed', 'POST / HTTP/1.1\r\nHost: x\nContent-Length: 1\r\n\r\n'],
    ['a bare carriage return', 'POST / HTTP/1.1\r\nHost: x\rContent-Length: 1\r\n\r\n'],
    ['a zero byte', 'POST / HTTP/1.1\r\nHost: x\0\r\n\r\n'],
    ['no host', 'GET / HTTP/1.1\r\nX: x\r\n\r\n'],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n'],
    ['a named hop field', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: X-Hop\r\n\r\n'],
    ['an upgrade', 'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n\r\n'],
    ['an expectation', 'POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n'],
    ['HTTP/1.0', 'GET / HTTP/1.0\r\nHost: x\r\n\r\n'],
    ['an absolute target', 'GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['another method', 'CONNECT /x HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an empty line first', '\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['half a head', 'GET / HTTP/1.1\r\nHost: x\r\n'],
  ])('with %s is left to the full parser', (_what, text) => {
    expect(request(text)).toBeUndefined();
  });
});

describe('the head of an answer', () => {
  test('loses what is meant for one connection only', () => {
    const head =
      'HTTP/1.1 200 Fine\r\nX-Hop: 1\r\nConnection: keep-alive, x-hop\r\nKeep-Alive: timeout=5\r\n';
    expect(answer(`${head}content-length: 2\r\n\r\nab`)).toMatchObject({
      status: 200,
      framing: 2,
      keepsAlive: true,
      lines: 'HTTP/1.1 200 Fine\r\ncontent-length: 2\r\n',
    });
    expect(answer('HTTP/1.0 200 OK\r\n\r\n')).toMatchObject({ framing: 'close', keepsAlive: false });
    expect(answer('HTTP/1.1 200 OK\r\n')).toBeUndefined();
  });

  test('keeps its length if the Connection field names it', () => {
    const text = 'HTTP/1.1 200 OK\r\nConnection: content-length\r\nContent-Length: 2\r\n\r\n';
    expect(answer(text)?.lines).toBe('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n');
  });

  test.each([
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    'HTTP/2 200\r\n\r\n',
  ])('is refused where its end is in doubt: %j', (text) => {
    expect(() => answer(text)).toThrow();
  });
});

describe('the end of a body', () => {
  test('of chunks is found wherever the pieces are cut', () => {
    const body = Buffer.from('5;x="\\n"\r\nab\r\nc\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\n');
    for (let cut = 0; cut <= body.length; cut += 1) {
      const end = new BodyEnd('chunked');
      expect(end.take(body.subarray(0, cut), 0)).toBe(cut);
      expect(end.done).toBe(cut === body.length);
      expect(end.take(Buffer.concat([body.subarray(cut), Buffer.from('HTTP')]), 0)).toBe(body.length - cut);
      expect(end.done).toBe(true);
    }
  });

  test.each(['g\r\n', '-1\r\n', '1\n', '1\r\nab\r\n', '\r\n', '1234567890123\r\n'])('refuses %j', (text) => {
    expect(() => new BodyEnd('chunked').take(Buffer.from(text), 0)).toThrow();
  });
});
