// The real scoring server is the oracle: the same bytes go to both over raw sockets, and status line, headers with
// their order and repetitions, and body must be the same. What may differ is named in `comparable`.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScorePool, startScorePool } from '../../../src/python/index.ts';
import { ask, type RawAnswer, requestText } from '../../unit/scoring/raw-http.ts';
import { startService, type TestService } from '../../unit/scoring/service.ts';
import { peerPython, RealScoringServer } from './real-server.ts';

const PLAIN = 'def init():\n    pass\n\ndef run(data):\n    return {"echo": data}\n';

const RAW = `
import flask
from azureml_inference_server_http.api.aml_request import rawhttp
from azureml_inference_server_http.api.aml_response import AMLResponse

def init():
    pass

@rawhttp
def run(request):
    kind = request.args.get("kind")
    if kind == "echo":
        headers = [[name, value] for name, value in request.headers if name != "Host"]
        return AMLResponse([request.method, request.full_path, headers, request.get_data().decode("latin1")], 200, json_str=True)
    if kind == "204": return AMLResponse("", 204)
    if kind == "304": return flask.Response(status=304)
    if kind == "418": return flask.Response("tea", status=418)
    if kind == "299": return flask.Response("odd", status=299)
    if kind == "503": return AMLResponse("down", 503)
    if kind == "hop": return flask.Response("abc", headers={"Connection": "keep-alive", "Server": "mine", "Date": "never", "X-One": "1"})
    if kind == "ids": return AMLResponse("abc", 200, {"X-Two": "1, 2", "X-MS-SERVER-VERSION": "v", "TraceId": "mine"})
    if kind == "cookies":
        response = flask.Response("abc")
        response.set_cookie("a", "1")
        response.set_cookie("b", "2")
        return response
    if kind == "latin1": return flask.Response("t", headers={"x-raw": "\\u00e9"})
    if kind == "raise": raise ValueError("no")
    return "plain"
`;

const json = ['Content-Type: application/json'];
const long = 'A'.repeat(101);

const SERVICE: Readonly<Record<string, string>> = {
  health: requestText('GET', '/'),
  'health with a query': requestText('GET', '/?a=1'),
  'health over slashes': requestText('GET', '//'),
  'health by HEAD': requestText('HEAD', '/'),
  'POST /': requestText('POST', '/', [], '{}'),
  'ids on health': requestText('GET', '/', ['x-ms-client-request-id: C', 'TraceId: T']),
  'an id of bytes on health': requestText('GET', '/', ['x-request-id: \xc3\xa9']),
  score: requestText('POST', '/score', json, '{"a": 1}'),
  'score with all ids': requestText(
    'POST',
    '/score',
    ['x-request-id: A', 'x-ms-request-id: B', 'x-ms-client-request-id: C', 'TraceId: T'],
    '{}',
  ),
  'score with the old id': requestText('POST', '/score', ['x-ms-request-id: B'], '{}'),
  'score with the client id': requestText('POST', '/score', ['x-ms-client-request-id: C'], '{}'),
  'score with empty ids': requestText(
    'POST',
    '/score',
    ['x-request-id: ', 'x-ms-request-id: ', 'x-ms-client-request-id: ', 'TraceId: '],
    '{}',
  ),
  'score with repeated ids': requestText('POST', '/score', ['x-request-id: A', 'x-request-id: B'], '{}'),
  'score by GET': requestText('GET', '/score?a=1&b=x&b=[2]'),
  'score by HEAD': requestText('HEAD', '/score'),
  'score by OPTIONS': requestText('OPTIONS', '/score'),
  'score by PUT': requestText('PUT', '/score', ['x-request-id: A'], '{}'),
  'score by PUT with a long id': requestText('PUT', '/score', [`x-request-id: ${long}`], '{}'),
  'score by TRACE': requestText('TRACE', '/score'),
  'score over slashes': requestText('POST', '//score?x=1', [], '{}'),
  'score, encoded': requestText('GET', '/%73core?x=1'),
  'score, absolute': requestText('GET', 'http://localhost/score?z=1'),
  'score/': requestText('GET', '/score/'),
  SCORE: requestText('GET', '/SCORE'),
  './score': requestText('GET', '/./score'),
  'a form': requestText('POST', '/score', ['Content-Type: application/x-www-form-urlencoded'], '{}'),
  'not UTF-8': requestText('POST', '/score', [], '\xff'),
  chunked: `${requestText('POST', '/score', ['Transfer-Encoding: chunked'])}2\r\n{}\r\n0\r\n\r\n`,
  'with Expect': requestText('POST', '/score', ['Expect: 100-continue'], '{}'),
  'unknown path': requestText('GET', '/nope', ['x-request-id: A', 'TraceId: T']),
  'unknown path by HEAD': requestText('HEAD', '/nope'),
  'unknown path by POST': requestText('POST', '/nope', [], '{}'),
  asterisk: requestText('OPTIONS', '*'),
  'long request id': requestText('GET', '/', [`x-request-id: ${long}`, 'TraceId: T']),
  'long old id': requestText('GET', '/score', ['x-request-id: A', `x-ms-request-id: ${long}`, 'TraceId: T']),
  'long client id': requestText('POST', '/score', [`x-ms-client-request-id: ${long}`], '{}'),
  'two long ids': requestText('GET', '/', [`x-request-id: ${long}`, `x-ms-request-id: ${long}`]),
  'a field that is too big': requestText('GET', '/', [`x-a: ${'A'.repeat(9000)}`]),
  'a field at the limit': requestText('GET', '/', [`x-a: ${'A'.repeat(8183)}`]),
  'a field over the limit': requestText('GET', '/', [`x-a: ${'A'.repeat(8190)}`]),
  'too many fields': requestText(
    'GET',
    '/',
    Array.from({ length: 120 }, (_, index) => `x-a${index}: 1`),
  ),
  'a long request line': requestText('GET', `/${'a'.repeat(5000)}`),
  'a WebSocket': requestText('GET', '/score', ['Upgrade: websocket']).replace('close', 'Upgrade'),
  'no host': 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n',
  'a field with an underscore': requestText('GET', '/score', ['x_request_id: A']),
  'swagger of an unknown version': requestText('GET', '/swagger.json?version=9'),
  'swagger of an empty version': requestText('GET', '/swagger.json?version='),
  'swagger by POST': requestText('POST', '/swagger.json', [], '{}'),
};

const raw = (kind: string, method = 'GET', extra: readonly string[] = [], body = '') =>
  requestText(method, `/score?kind=${kind}`, extra, body);
const SCRIPT: Readonly<Record<string, string>> = {
  GET: raw('echo'),
  OPTIONS: raw('echo', 'OPTIONS'),
  POST: raw('echo', 'POST', ['X-A: 1', 'X-A: 2', 'x_b: 3', 'Content-Encoding: gzip'], 'a\xffb'),
  slashes: requestText('POST', '///score?kind=echo', [], '{}'),
  '204': raw('204'),
  '304': raw('304'),
  '418': raw('418'),
  '299': raw('299'),
  '503': raw('503'),
  'headers of the connection': raw('hop'),
  'headers of the server': raw('ids', 'GET', ['TraceId: T', 'x-ms-client-request-id: C']),
  cookies: raw('cookies'),
  'a latin1 header': raw('latin1'),
  'an exception': raw('raise'),
  'a string': raw('other'),
};

describe.skipIf(!peerPython)('like the real scoring server', () => {
  for (const [name, script, requests] of [
    ['with a plain script', PLAIN, SERVICE],
    ['with a rawhttp script', RAW, SCRIPT],
  ] as const) {
    describe(name, () => {
      let pair: Pair;
      beforeAll(async () => {
        pair = await Pair.start(script);
      });
      afterAll(() => pair?.[Symbol.asyncDispose]());
      it.each(Object.entries(requests))('%s', async (_name, request) => {
        const [ours, real] = await Promise.all([
          ask(pair.service.port, request),
          ask(pair.real.port, request),
        ]);
        expect(comparable(ours)).toEqual(comparable(real));
      });
    });
  }
});

/** The two servers with the same script in the same place. */
class Pair implements AsyncDisposable {
  readonly #directory: string;
  readonly real: RealScoringServer;
  readonly pool: ScorePool;
  readonly service: TestService;

  private constructor(directory: string, real: RealScoringServer, pool: ScorePool, service: TestService) {
    this.#directory = directory;
    this.real = real;
    this.pool = pool;
    this.service = service;
  }

  static async start(script: string): Promise<Pair> {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'triton-local-scoring-'));
    const entryScript = path.join(directory, 'score.py');
    await writeFile(entryScript, script);
    const real = await RealScoringServer.start(entryScript);
    const pool = await startScorePool(
      {
        generation: 1,
        workers: 1,
        interpreter: peerPython ?? '',
        entryScript,
        sourceDirectory: directory,
        dataDirectory: path.join(directory, 'data'),
        environment: { ...(process.env as Record<string, string>), PYTHONDONTWRITEBYTECODE: '1' },
        engineAuthority: undefined,
        scoringTimeoutMs: 60_000,
        workerTimeoutMs: 300_000,
        debug: false,
        initTimeoutMs: 30_000,
        events: { emit: () => undefined },
      },
      AbortSignal.timeout(30_000),
    );
    return new Pair(directory, real, pool, await startService(pool));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]();
    await this.pool[Symbol.asyncDispose]();
    await this.real[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Ours: who serves, and that a connection may be kept. Fresh ids and times are only known by their form. */
const OWN = new Set(['server', 'date', 'connection', 'keep-alive', 'x-triton-local-generation']);

function comparable({ status, reason, headers, body }: RawAnswer) {
  return {
    line: `${status} ${reason}`,
    headers: headers
      .filter(([name]) => !OWN.has(name.toLowerCase()))
      .map(([name, value]) => `${name}: ${masked(name, value)}`),
    body: body.toString('latin1'),
  };
}

function masked(name: string, value: string): string {
  if (/^x-ms-run-fn-exec-ms$/i.test(name)) return value.replace(/^\d+\.\d{3}$/, '<ms>');
  return value.replace(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, '<uuid>');
}
