// A deployment without a script in front of a real Triton: the same bytes go to Triton itself and to the scoring port,
// and the answers are the same but for who serves and the connection.
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpGateway } from '../../../src/proxy/index.ts';
import { PollingTriton } from '../../bench/lib/polling-triton.ts';
import { PythonModelProject } from '../../bench/lib/python-model.ts';
import { realTriton, skipLoudly } from '../../helpers/triton.ts';
import { exchangeBytes, requestText } from '../../unit/scoring/raw-http.ts';
import { startService, type TestService } from '../../unit/scoring/service.ts';

const INFER = '/v2/models/named/infer';
const JSON_BODY = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [0] }] });
const BINARY_HEAD = JSON.stringify({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1], parameters: { binary_data_size: 4 } }],
  outputs: [{ name: 'y', parameters: { binary_data: true } }],
});
const BINARY = `${BINARY_HEAD}\x00\xff\r\n`;
const binaryLength = `Inference-Header-Content-Length: ${BINARY_HEAD.length}`;
const gzipped = gzipSync(JSON_BODY).toString('latin1');
const post = (target: string, body: string, extra: readonly string[] = []) =>
  requestText('POST', target, extra, body);

const CASES: Readonly<Record<string, string>> = {
  live: requestText('GET', '/v2/health/live'),
  ready: requestText('GET', '/v2/health/ready'),
  'server metadata': requestText('GET', '/v2'),
  metadata: requestText('GET', '/v2/models/named'),
  config: requestText('GET', '/v2/models/named/config'),
  'an unknown model': requestText('GET', '/v2/models/none'),
  'a version that is none': requestText('GET', '/v2/models/named/versions/x'),
  'an unknown path': requestText('GET', '/v2/nothing'),
  'a wrong method': requestText('DELETE', INFER),
  'HEAD of metadata': requestText('HEAD', '/v2/models/named'),
  'the index': post('/v2/repository/index', '{}'),
  infer: post(INFER, JSON_BODY),
  'infer, binary both ways': post(INFER, BINARY, [binaryLength]),
  'infer, compressed request': post(INFER, gzipped, ['Content-Encoding: gzip']),
  'infer, compressed answer': post(INFER, JSON_BODY, ['Accept-Encoding: gzip']),
  'infer, chunked': `${requestText('POST', INFER, ['Transfer-Encoding: chunked'])}${JSON_BODY.length.toString(16)}\r\n${JSON_BODY}\r\n0\r\n\r\n`,
  'infer without inputs': post(INFER, '{}'),
  'infer of no JSON': post(INFER, '{'),
  'infer of bytes': post(INFER, '\x00\xff'),
  'infer, broken gzip': post(INFER, 'nonsense', ['Content-Encoding: gzip']),
  'infer of an unknown model': post('/v2/models/none/infer', JSON_BODY),
  'trace setting': requestText('GET', '/v2/trace/setting'),
};

if (!realTriton) skipLoudly('no-code mode before a real Triton');

describe.skipIf(!realTriton)('without a script, before a real Triton', () => {
  let project: PythonModelProject;
  let triton: PollingTriton;
  let gateway: HttpGateway;
  let service: TestService;

  beforeAll(async () => {
    project = await PythonModelProject.create();
    triton = await PollingTriton.start(project.repository, project.folder.path('work'));
    gateway = new HttpGateway({ host: '127.0.0.1', port: 0, modelControlMode: 'none' });
    gateway.switchTo({ http: triton.url });
    const options = { deployment: 'no-code', engine: gateway.listener, keys: ['k'] } as const;
    service = await startService(undefined, options);
    service.source.current = undefined;
    const answers = async () =>
      (await fetch(`${triton.url}/v2/models/named/ready`).catch(() => undefined))?.ok;
    while (!(await answers())) await sleep(50);
  });
  afterAll(async () => {
    await service?.[Symbol.asyncDispose]();
    await gateway?.[Symbol.asyncDispose]();
    await triton?.[Symbol.asyncDispose]();
    await project?.[Symbol.asyncDispose]();
  });

  const tritonPort = () => Number(new URL(triton.url).port);
  const withKey = (bytes: string) => bytes.replace('\r\n', '\r\nAuthorization: Bearer k\r\n');

  it.each(Object.entries(CASES))('%s', async (_name, bytes) => {
    const [through, direct] = [
      await exchangeBytes(service.port, withKey(bytes)),
      await exchangeBytes(tritonPort(), bytes),
    ];
    expect(comparable(through)).toEqual(comparable(direct));
    expect((await exchangeBytes(service.port, bytes))?.status).toBe(401);
  });

  it.each(['//v2', '/api/v1/service/svc/v2', '//api/v1/service/svc//v2'])(
    'the server under %s',
    async (target) => {
      const through = await exchangeBytes(service.port, withKey(requestText('GET', target)));
      expect(comparable(through)).toEqual(
        comparable(await exchangeBytes(tritonPort(), requestText('GET', '/v2'))),
      );
    },
  );

  it('a body of 8 MB as it is', async () => {
    const values = Array.from({ length: 2 ** 20 }, () => 0.5);
    const body = JSON.stringify({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [values.length], data: values }],
    });
    const bytes = post(INFER, body);
    const through = await exchangeBytes(service.port, withKey(bytes));
    expect(comparable(through)).toEqual(comparable(await exchangeBytes(tritonPort(), bytes)));
  });
});

const OURS = new Set(['server', 'date', 'connection', 'keep-alive', 'x-triton-local-generation']);

function comparable(answer: Awaited<ReturnType<typeof exchangeBytes>>) {
  return {
    line: `${answer?.status} ${answer?.reason}`,
    headers: answer?.headers
      .filter(([name]) => !OURS.has(name.toLowerCase()))
      .map(([name, value]) => `${name}: ${value}`)
      .sort(),
    body: answer?.body.toString('latin1'),
  };
}
