import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonReport, readSampleRequests, runSmoke, type SmokeOptions } from '../../../src/cloud/index.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

interface Received {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const KEY = 'the-secret-key-of-the-service';

let project: TempFolder;
let service: FakeService;
beforeEach(async () => {
  project = await TempFolder.create();
  service = await FakeService.start();
});
afterEach(async () => {
  await service[Symbol.asyncDispose]();
  await project[Symbol.asyncDispose]();
});

/** The result of one request. */
async function smoke(request: object, more: Partial<SmokeOptions> & { tolerance?: object } = {}) {
  const { tolerance, ...options } = more;
  const document = { version: 1, ...(tolerance && { tolerance }), requests: [{ name: 'one', ...request }] };
  await writeFile(project.path('sample-requests.json'), JSON.stringify(document));
  const results = await runSmoke({
    requests: await readSampleRequests(project.directory),
    scoringUri: `${service.url}/score`,
    key: KEY,
    timeoutMs: 5_000,
    signal: new AbortController().signal,
    ...options,
  });
  expect(results).toHaveLength(1);
  const [result] = results;
  if (!result) throw new Error('no result');
  expect(jsonReport(results)).not.toContain(KEY);
  return result;
}

describe('what is sent', () => {
  it('is JSON to the scoring URI, with the key', async () => {
    await smoke({ score: { body: { a: [1, null] } } });
    expect(service.received[0]).toMatchObject({
      line: 'POST /score',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
      body: '{"a":[1,null]}',
    });
  });

  it('is a text, the bytes of a file beside the requests, or nothing', async () => {
    await writeFile(project.path('image.bin'), 'BYTES');
    await smoke({ score: { text: 'words' } });
    await smoke({ score: { bodyFile: 'image.bin', headers: { 'Content-Type': 'image/png' } } });
    await smoke({ score: { method: 'GET', path: '/' } });
    expect(service.received.map(({ body, headers }) => [body, headers['content-type']])).toEqual([
      ['words', 'text/plain; charset=utf-8'],
      ['BYTES', 'image/png'],
      ['', undefined],
    ]);
    expect(service.received[2]?.line).toBe('GET /');
  });

  it.each([
    ['/score', '/', '/'],
    ['/api/v1/service/digits/score', '/swagger.json', '/api/v1/service/digits/swagger.json'],
    ['/', '/score', '/score'],
  ])('goes below the root of the service: %s and %s', async (uri, path, target) => {
    await smoke({ score: { method: 'GET', path } }, { scoringUri: service.url + uri });
    expect(service.received[0]?.line).toBe(`GET ${target}`);
  });

  it('is an inference request to the model, sent to the service itself if Triton has no port', async () => {
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }];
    const infer = { model: 'a b', version: '3', id: 'i', inputs };
    await smoke({ infer }, { scoringUri: `${service.url}/api/v1/service/digits/score` });
    expect(service.received[0]?.line).toBe('POST /api/v1/service/digits/v2/models/a%20b/versions/3/infer');
    expect(JSON.parse(service.received[0]?.body ?? '')).toEqual({ id: 'i', inputs });
    expect(service.received[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  it('holds the key for the scoring service alone', async () => {
    await using triton = await FakeService.start();
    await smoke({ infer: { model: 'm', inputs: [] } }, { inferUrl: `${triton.url}/` });
    expect(triton.received[0]?.line).toBe('POST /v2/models/m/infer');
    expect(triton.received[0]?.headers).not.toHaveProperty('authorization');
  });
});

describe('what is compared', () => {
  it('status, with the answer that came instead and nothing else', async () => {
    service.answer = (_, response) => response.writeHead(400).end('{"error":"no"}');
    const { ok, status, differences } = await smoke({ score: {}, expect: { json: { a: 1 } } });
    expect({ ok, status }).toEqual({ ok: false, status: 400 });
    expect(differences).toEqual(['status: expected 200, got 400 with "{\\"error\\":\\"no\\"}"']);
    expect((await smoke({ score: {}, expect: { status: 400, json: { error: 'no' } } })).ok).toBe(true);
  });

  it('a redirect is its own answer', async () => {
    service.answer = (_, response) => response.writeHead(302, { location: '/elsewhere' }).end();
    expect(await smoke({ score: {} })).toMatchObject({ ok: false, status: 302 });
    expect(service.received).toHaveLength(1);
  });

  it('headers by any case, and text', async () => {
    service.answer = (_, response) => response.setHeader('X-Kind', 'a').end('Healthy');
    const call = { method: 'GET', path: '/' };
    expect((await smoke({ score: call, expect: { text: 'Healthy', headers: { 'x-KIND': 'a' } } })).ok).toBe(
      true,
    );
    const { differences } = await smoke({ score: call, expect: { text: 'Fine', headers: { kind: 'b' } } });
    expect(differences).toEqual([
      'headers.kind: expected "b", got nothing',
      'text: expected "Fine", got "Healthy"',
    ]);
  });

  it('JSON, whole or in part, with bare NaN as Python writes it', async () => {
    service.answer = (_, response) => response.end('{"digit": 7, "p": [0.1, 0.90001], "loss": NaN}');
    const json = { digit: 7, p: [0.1, 0.9], loss: 'NaN' };
    expect((await smoke({ score: {}, expect: { json } }, { tolerance: { absolute: 1e-4 } })).ok).toBe(true);
    expect(
      (await smoke({ score: {}, expect: { json } }, { tolerance: { absolute: 1e-6 } })).differences,
    ).toEqual(['json.p[1]: expected 0.9 ± 1e-6, got 0.90001']);
    expect((await smoke({ score: {}, expect: { jsonContains: { digit: 7 } } })).ok).toBe(true);
    service.answer = (_, response) => response.end('<html>');
    expect((await smoke({ score: {}, expect: { json } })).differences).toEqual([
      'json: the answer is not JSON: "<html>"',
    ]);
  });

  it('tensors by name: datatype and shape exactly, data flat or nested', async () => {
    const outputs = [
      { name: 'y', datatype: 'FP32', shape: [2, 2], data: [1.000_01, 2, 3, 1_000_001] },
      { name: 'id', datatype: 'INT64', shape: [1], data: [1_000_001] },
    ];
    service.answer = (_, response) => response.end(JSON.stringify({ model_name: 'm', outputs }));
    const infer = { model: 'm', inputs: [{ name: 'x' }] };
    const y = {
      datatype: 'FP32',
      shape: [2, 2],
      data: [
        [1, 2],
        [3, 1_000_000],
      ],
    };
    const tolerance = { relative: 1e-4 };
    expect((await smoke({ infer, expect: { outputs: { y } } }, { tolerance })).ok).toBe(true);
    const wrong = { y: { datatype: 'FP64', shape: [4], data: [1, 2] }, id: { data: [1_000_000] }, z: {} };
    expect((await smoke({ infer, expect: { outputs: wrong } }, { tolerance })).differences).toEqual([
      'outputs.y.datatype: expected "FP64", got "FP32"',
      'outputs.y.shape: expected 1 elements, got 2',
      'outputs.y.shape[0]: expected 4, got 2',
      'outputs.y.data: expected 2 elements, got 4',
      'outputs.id.data[0]: expected 1000000, got 1000001',
      'outputs.z: missing',
    ]);
  });

  it('shows no key that an answer gives back, not even a part of it', async () => {
    service.answer = ({ headers }, response) => response.end(`${'x'.repeat(90)} ${headers.authorization}`);
    const { differences } = await smoke({ score: {}, expect: { text: 'x' } });
    expect(differences[0]).toMatch(/x Bearer \[secret\]"$/);
    const own = await smoke({
      score: { headers: { Authorization: 'Basic b3duLXNlY3JldA==' } },
      expect: { text: 'x' },
    });
    expect(own.differences[0]).not.toContain('b3du');
    expect(service.received[1]?.headers.authorization).toBe('Basic b3duLXNlY3JldA==');
  });
});

describe('without an answer a request is a failed row', () => {
  it.each([
    ['a port where nobody listens', 'http://127.0.0.1:9/score', /^no answer: the connection was refused/],
    [
      'a name with two addresses where nobody listens',
      'http://localhost:9/score',
      /^no answer: the connection was refused/,
    ],
    ['no URL at all', 'localhost/score', /^no answer: "localhost\/score" is not an http or https URL/],
  ])('%s', async (_, scoringUri, text) => {
    const { ok, status, differences } = await smoke({ score: {} }, { scoringUri });
    expect({ ok, status }).toEqual({ ok: false, status: null });
    expect(differences).toEqual([expect.stringMatching(text)]);
  });

  it('an answer that does not begin, or does not end, within the limit', async () => {
    service.answer = () => {};
    expect((await smoke({ score: {} }, { timeoutMs: 50 })).differences).toEqual(['no answer within 50 ms']);
    service.answer = (_, response) => response.writeHead(200).write('{');
    expect((await smoke({ score: {} }, { timeoutMs: 50 })).differences).toEqual(['no answer within 50 ms']);
  });

  it('a connection that is closed', async () => {
    service.answer = (_, response) => response.destroy();
    expect((await smoke({ score: {} })).differences).toEqual([
      'no answer: the connection was closed before the answer came',
    ]);
  });

  it('a body file that is not there', async () => {
    const { differences } = await smoke({ score: { bodyFile: 'none.png' } });
    expect(differences).toEqual([expect.stringMatching(/^no answer: cannot read bodyFile: .*none\.png/)]);
  });
});

it('sends one after the other, and throws only if it is stopped', async () => {
  const stop = new AbortController();
  service.answer = () => stop.abort(new Error('stopped by hand'));
  await expect(smoke({ score: {} }, { signal: stop.signal })).rejects.toThrow('stopped by hand');
});

/** A server that records requests and gives preset answers. */
describe('a request that failed', () => {
  it('comes with what was sent, the answer, the generation and the log, without secrets', async () => {
    service.answer = (_, response) => {
      response.writeHead(500, { 'x-triton-local-generation': '3', 'x-echo': KEY });
      response.end(`no ${KEY}`);
    };
    const collectLog = () => () => ['script Traceback', `script key is ${KEY}`];
    const { evidence } = await smoke({ score: { body: { a: 1 } } }, { collectLog });
    expect(evidence).toMatchObject({
      request: { method: 'POST', url: `${service.url}/score`, body: '{"a":1}' },
      answer: { status: 500, body: expect.stringMatching(/^no /) },
      generation: 3,
      log: ['script Traceback', expect.any(String)],
    });
    expect(JSON.stringify(evidence)).not.toContain(KEY);
  });

  it('truncates bodies, and has no answer if none arrived', async () => {
    service.answer = (_, response) => response.writeHead(400).end('x'.repeat(30_000));
    const { evidence } = await smoke({ score: {} });
    expect(evidence?.answer?.body).toMatch(/^x{10000}… \(20000 characters more\)$/);
    service.answer = (_, response) => response.destroy();
    expect((await smoke({ score: {} })).evidence).toMatchObject({ answer: null, generation: null });
    service.answer = (_, response) => response.end('{}');
    expect(await smoke({ score: {} })).not.toHaveProperty('evidence');
  });
});

class FakeService implements AsyncDisposable {
  readonly received: Received[] = [];
  answer: (request: IncomingMessage, response: ServerResponse) => unknown = (_, response) =>
    response.end('{}');
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        const { method, url, headers } = request;
        this.received.push({ line: `${method} ${url}`, headers, body });
        this.answer(request, response);
      });
    });
  }

  static async start(): Promise<FakeService> {
    const service = new FakeService();
    await new Promise<void>((resolve) => service.#server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
