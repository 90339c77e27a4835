import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { junitReport, markdownReport, readSampleRequests, runSmoke } from '../../../src/cloud/index.ts';

let project: string;
let server: Server;
let url: string;
let received: {
  readonly path: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}[];

beforeEach(async () => {
  project = await mkdtemp(path.join(tmpdir(), 'smoke-'));
  received = [];
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push({ path: request.url, authorization: request.headers.authorization, body });
      if (request.url === '/never') return;
      const answer = request.url?.startsWith('/v2')
        ? { model_name: 'm', outputs: [{ name: 'y', datatype: 'FP32', shape: [2], data: [1.00001, 2] }] }
        : { digit: 7, probabilities: [0.1, 0.90001], extra: true };
      response.writeHead(request.url === '/refuse' ? 400 : 200).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(project, { recursive: true, force: true });
});

async function smoke(requests: unknown, more: { scoringUri?: string; timeoutMs?: number } = {}) {
  await writeFile(path.join(project, 'sample-requests.json'), JSON.stringify(requests));
  return runSmoke({
    requests: await readSampleRequests(project),
    scoringUri: more.scoringUri ?? `${url}/score`,
    inferUrl: url,
    key: 'the-secret-key',
    timeoutMs: more.timeoutMs ?? 5_000,
    signal: new AbortController().signal,
  });
}

const one = (request: object, tolerance?: object) => ({
  version: 1,
  ...(tolerance && { tolerance }),
  requests: [{ name: 'one', ...request }],
});

describe('what counts as equal', () => {
  const body = { digit: 7, probabilities: [0.1, 0.9], extra: true };

  it('numbers within the tolerance', async () => {
    const request = { score: { body: {} }, expect: { json: body } };
    const [close] = await smoke(one(request, { absolute: 1e-4 }));
    expect(close).toMatchObject({ ok: true, status: 200 });
    const [far] = await smoke(one(request, { absolute: 1e-6 }));
    expect(far?.differences).toEqual(['json.probabilities[1]: expected 0.9 ± 0.000001, got 0.90001']);
  });

  it('the whole answer for json, a part for jsonContains', async () => {
    const [whole] = await smoke(one({ score: {}, expect: { json: { digit: 7 } } }));
    expect(whole?.differences).toEqual(['json.probabilities: not expected', 'json.extra: not expected']);
    const [part] = await smoke(one({ score: {}, expect: { jsonContains: { digit: 7 } } }));
    expect(part?.ok).toBe(true);
  });

  it('tensors by name, with shape and datatype', async () => {
    const infer = { model: 'm', inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }] };
    const tensor = { datatype: 'FP32', shape: [2], data: [1, 2] };
    const [good] = await smoke(one({ infer, expect: { outputs: { y: tensor } } }, { relative: 1e-3 }));
    expect(good?.ok).toBe(true);
    expect(received[0]).toMatchObject({
      path: '/v2/models/m/infer',
      body: JSON.stringify({ inputs: infer.inputs }),
    });
    const [bad] = await smoke(one({ infer, expect: { outputs: { y: { shape: [3] }, z: {} } } }));
    expect(bad?.differences).toEqual(['outputs.y.shape[0]: expected 3, got 2', 'outputs.z: missing']);
  });

  it('the status, whose body is shown where it differs', async () => {
    const [row] = await smoke(one({ score: {}, expect: { status: 200 } }), { scoringUri: `${url}/refuse` });
    expect(row).toMatchObject({ ok: false, status: 400 });
    expect(row?.differences[0]).toMatch(/^status: expected 200, got 400 with .*digit/);
  });
});

describe('what fails without an answer', () => {
  it('a refused connection', async () => {
    const [row] = await smoke(one({ score: {} }), { scoringUri: 'http://127.0.0.1:9/score' });
    expect(row).toMatchObject({ ok: false, status: null });
    expect(row?.differences[0]).toMatch(/^no answer: /);
  });

  it('an answer later than the limit', async () => {
    const [row] = await smoke(one({ score: {} }), { scoringUri: `${url}/never`, timeoutMs: 50 });
    expect(row?.differences).toEqual(['no answer within 50 ms']);
  });
});

describe('the file', () => {
  it.each([
    [
      { version: 1, requests: [{ name: 'a', score: {}, expect: { status: 'x' } }] },
      /requests\[0\]\.expect\.status/,
    ],
    [{ version: 1, requests: [{ name: 'a', score: {}, expext: {} }] }, /requests\[0\]: .*expext/],
    [{ version: 1, requests: [{ name: 'a' }] }, /requests\[0\]: give either score or infer/],
    [{ version: 2, requests: [] }, /version/],
  ])('names the place of a mistake: %j', async (document, message) => {
    await expect(smoke(document)).rejects.toMatchObject({
      code: 'REQUESTS_INVALID',
      message: expect.stringMatching(message),
      location: { file: path.join(project, 'sample-requests.json') },
    });
  });

  it('says what to write where there is none', async () => {
    await expect(readSampleRequests(project)).rejects.toMatchObject({
      hint: expect.stringContaining('version'),
    });
  });
});

describe('reports', () => {
  const results = [
    { name: 'a <b> & "c"', ok: false, status: 500, ms: 12.3, differences: ['json: a | b\u0000'] },
    { name: 'fine', ok: true, status: 200, ms: 1, differences: [] },
  ];

  it('are well-formed whatever the names hold', () => {
    const xml = junitReport(results);
    expect(xml).toContain('name="a &lt;b&gt; &amp; &quot;c&quot;"');
    expect(xml).toContain('tests="2" failures="1"');
    expect(xml).not.toContain('\u0000');
    expect(markdownReport(results)).toContain('json: a \\| b');
  });

  it('never hold the key, which every request carries', async () => {
    const rows = await smoke(one({ score: {}, expect: { status: 201 } }));
    expect(received[0]?.authorization).toBe('Bearer the-secret-key');
    expect(junitReport(rows) + markdownReport(rows) + JSON.stringify(rows)).not.toContain('the-secret-key');
  });
});
