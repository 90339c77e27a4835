import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { userError } from '../../../src/base/index.ts';
import { ask, type RawAnswer, requestText } from '../scoring/raw-http.ts';
import { FakePool, startService, type TestService } from '../scoring/service.ts';

let service: TestService;
let token: string;
let failure: Error | undefined;
let seenByEngine: string[];

beforeEach(async () => {
  failure = undefined;
  seenByEngine = [];
  service = await startService(new FakePool(), { keys: ['k'] }, undefined, {
    onAction: async () => {
      if (failure) throw failure;
    },
    engine: (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (piece) => {
        body += piece;
      });
      request.on('end', () => {
        seenByEngine.push(`${request.method} ${request.url} ${body}`);
        response.writeHead(200, ['Content-Type', 'application/json']);
        response.end('{"outputs":[]}');
      });
    },
  });
  const page = await ask(service.port, requestText('GET', '/_triton-local/'));
  token = /name="token" content="([\w-]+)"/.exec(page.body.toString())?.[1] ?? '';
});
afterEach(() => service[Symbol.asyncDispose]());

function post(path: string, body = '', extra: readonly string[] = []): Promise<RawAnswer> {
  const type = body === '' ? [] : ['Content-Type: application/json'];
  const head = [`x-triton-local-token: ${token}`, ...type, ...extra];
  return ask(service.port, requestText('POST', `/_triton-local/${path}`, head, body));
}

describe('what the page changes', () => {
  it.each([
    ['reload', '', 'reload'],
    ['reload', '{}', 'reload'],
    ['reload', '{"model": "m"}', 'reload m'],
    ['pause', '', 'pause'],
    ['resume', '{}', 'resume'],
    ['pin', '', 'pin'],
    ['unpin', '', 'unpin'],
  ])('is done by POST /%s %s', async (path, body, action) => {
    const answer = await post(path, body);
    expect([answer.status, answer.body.toString()]).toEqual([200, '{}']);
    expect(service.actions).toEqual([action]);
  });

  it.each([
    ['no token', 'reload', []],
    ['a wrong token', 'reload', ['x-triton-local-token: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA']],
    ['an empty token', 'pin', ['x-triton-local-token: ']],
    ['no token, on a path that does not exist', 'shutdown', []],
    ['no token, for an inference', 'v2/models/m/infer', []],
  ])('is refused with %s', async (_case, path, extra) => {
    const answer = await ask(service.port, requestText('POST', `/_triton-local/${path}`, extra, '{}'));
    expect(answer.status).toBe(403);
    expect(service.actions).toEqual([]);
    expect(seenByEngine).toEqual([]);
  });

  it.each([
    ['a foreign origin', ['Origin: http://evil.test']],
    ['another site', ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: cors']],
    ['a second token', ['x-triton-local-token: x']],
  ])('is refused with the token and %s', async (_case, extra) => {
    expect((await post('reload', '', extra)).status).toBe(403);
    expect(service.actions).toEqual([]);
  });

  it('is refused to GET', async () => {
    const answer = await ask(service.port, requestText('GET', '/_triton-local/reload'));
    expect([answer.status, answer.header('allow')]).toEqual([405, 'POST']);
  });

  it.each(['{', '{"model": 1}', '{"model": ""}', '{"other": "m"}', '[]', '"m"'])(
    'is refused with the body %s',
    async (body) => {
      expect((await post('reload', body)).status).toBe(400);
      expect(service.actions).toEqual([]);
    },
  );

  it('fails with the reason and what to do', async () => {
    failure = userError('REPLAY_NOTHING', 'the script has got no request', { hint: 'send one' });
    const answer = await post('pin');
    expect(answer.status).toBe(409);
    expect(JSON.parse(answer.body.toString())).toEqual({
      message: 'the script has got no request',
      code: 'REPLAY_NOTHING',
      hint: 'send one',
    });
    failure = new Error('boom');
    expect((await post('pin')).status).toBe(500);
  });

  it('has a token of its own for each process', async () => {
    const other = await startService();
    const page = await ask(other.port, requestText('GET', '/_triton-local/'));
    expect(token).toMatch(/^[\w-]{32}$/);
    expect(page.body.toString()).not.toContain(token);
    await other[Symbol.asyncDispose]();
  });
});

describe('models on the origin of the page', () => {
  it('are answered by the engine, which sees its own path and the whole body', async () => {
    const answer = await post('v2/models/m%20%C3%BC/versions/2/infer?x=1', '{"inputs": [1]}');
    expect([answer.status, answer.body.toString()]).toEqual([200, expect.stringContaining('{"outputs":[]}')]);
    await ask(service.port, requestText('GET', '/_triton-local/v2/models/m'));
    await ask(service.port, requestText('GET', '/_triton-local/v2/models/m/config'));
    expect(seenByEngine).toEqual([
      'POST /v2/models/m%20%C3%BC/versions/2/infer?x=1 {"inputs": [1]}',
      'GET /v2/models/m ',
      'GET /v2/models/m/config ',
    ]);
    await expect
      .poll(() => service.requests.newest(5).map(({ path, model }) => [path, model]))
      .toEqual([['/v2/models/m%20%C3%BC/versions/2/infer', 'm ü']]);
  });

  it.each(['v2/repository/models/m/load', 'v2/models/m/trace/setting', 'v2/logging', 'v2/models/m/../../x'])(
    'do not include %s',
    async (path) => {
      expect((await post(path, '{}')).status).toBe(404);
      expect(seenByEngine).toEqual([]);
    },
  );
});
