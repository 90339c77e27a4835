import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { readBlockList } from '../../../src/controlplane/blob/blob-xml.ts';
import { ArmParts, CONTAINER, md5, SIGNATURE } from '../../helpers/arm-parts.ts';
import { listFiles } from '../../helpers/listed-files.ts';

let parts: ArmParts;
beforeEach(async () => {
  parts = await ArmParts.start();
});
afterEach(() => parts[Symbol.asyncDispose]());

const BLOCK_BLOB = { 'x-ms-blob-type': 'BlockBlob', 'content-type': 'application/octet-stream' };
const name = 'LocalUpload/aa/models/1/model.onnx';
const put = (body: string, headers = {}) =>
  parts.blob('PUT', name, { body, headers: { ...BLOCK_BLOB, ...headers } });
const putBlock = (id: string, body: string, headers = {}) =>
  parts.blob('PUT', `${name}?comp=block&blockid=${encodeURIComponent(id)}`, {
    body,
    headers: { 'content-type': 'application/octet-stream', ...headers },
  });
const commit = (ids: readonly string[]) =>
  parts.blob('PUT', `${name}?comp=blocklist`, {
    body: `<?xml version='1.0' encoding='utf-8'?>\n<BlockList>${ids.map((id) => `<Latest>${id}</Latest>`).join('')}</BlockList>`,
    headers: { 'content-type': 'application/xml' },
  });
const code = ({ headers }: { readonly headers: Readonly<Record<string, unknown>> }) =>
  headers['x-ms-error-code'];

it('stores a blob and gives it back with its properties', async () => {
  expect(code(await parts.blob('HEAD', name))).toBe('BlobNotFound');
  const written = await put('bytes', { 'content-md5': md5('bytes'), 'x-ms-version': '2026-10-06' });
  expect(written).toMatchObject({
    status: 201,
    headers: {
      etag: expect.stringMatching(/^"0x/),
      'content-md5': md5('bytes'),
      'x-ms-version': '2026-10-06',
    },
  });
  expect(await parts.blob('HEAD', name)).toMatchObject({
    status: 200,
    headers: { 'content-length': '5', 'x-ms-blob-type': 'BlockBlob', etag: written.headers.etag },
  });
  expect(await parts.blob('GET', name)).toMatchObject({ status: 200, text: 'bytes' });
});

it('refuses bytes that were damaged on their way, and keeps nothing of them', async () => {
  const refused = await put('bytes', { 'content-md5': md5('other') });
  expect(refused.status).toBe(400);
  expect(refused.text).toMatch(/^<\?xml.*<Error><Code>Md5Mismatch<\/Code><Message>.+<\/Message><\/Error>$/s);
  expect((await put('bytes', { 'content-md5': 'short' })).text).toMatch(/InvalidMd5/);
  expect((await parts.blob('HEAD', name)).status).toBe(404);
  expect(await listFiles(parts.folder.path('blobs'))).toEqual([]);
});

it('keeps an existing blob if only a new one is wanted, and replaces it otherwise', async () => {
  await put('first');
  expect(code(await put('second', { 'if-none-match': '*' }))).toBe('BlobAlreadyExists');
  expect((await parts.blob('GET', name)).text).toBe('first');
  await put('third');
  expect((await parts.blob('GET', name)).text).toBe('third');
  // One record and one file with bytes.
  expect(await listFiles(parts.folder.path('blobs'))).toHaveLength(2);
});

it('lets one of several writers create a blob', async () => {
  const answers = await Promise.all(['a', 'b', 'c', 'd'].map((body) => put(body, { 'if-none-match': '*' })));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
  expect(await listFiles(parts.folder.path('blobs'))).toHaveLength(2);
});

it('makes a blob of blocks that arrive at once and in any order', async () => {
  const ids = ['AAA=', 'BBB=', 'CCC='].map((id) => Buffer.from(id).toString('base64'));
  const answers = await Promise.all(
    ids.toReversed().map((id, index) => putBlock(id, `${3 - index}`, { 'content-md5': md5(`${3 - index}`) })),
  );
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
  expect((await parts.blob('HEAD', name)).status).toBe(404);
  expect((await commit(ids)).status).toBe(201);
  expect((await parts.blob('GET', name)).text).toBe('123');
  expect(await listFiles(parts.folder.path('blobs'))).toHaveLength(2);
});

it.each([
  ['a block that was not uploaded', () => commit(['AAAA']), 'InvalidBlockList'],
  ['a damaged block', () => putBlock('AAAA', 'bytes', { 'content-md5': md5('other') }), 'Md5Mismatch'],
  ['a block id that is no Base64', () => putBlock('../..', 'bytes'), 'InvalidQueryParameterValue'],
  [
    'a block id of 100 bytes',
    () => putBlock(Buffer.alloc(100).toString('base64'), 'bytes'),
    'InvalidQueryParameterValue',
  ],
  [
    'a list that is no XML',
    () => parts.blob('PUT', `${name}?comp=blocklist`, { body: 'x' }),
    'InvalidXmlDocument',
  ],
  ['a page blob', () => put('', { 'x-ms-blob-type': 'PageBlob' }), 'InvalidBlobType'],
  ['an unknown operation', () => parts.blob('PUT', `${name}?comp=lease`), 'InvalidQueryParameterValue'],
  ['metadata of no blob', () => parts.blob('PUT', `${name}?comp=metadata`), 'BlobNotFound'],
  ['a container that is not there', () => parts.blob('GET', '/local/mine/a'), 'ContainerNotFound'],
  [
    'an upload that was not announced',
    () => parts.blob('GET', `/local/upload-${'0'.repeat(32)}/a`),
    'ContainerNotFound',
  ],
])('refuses %s in the words of Azure Storage', async (_what, send, expected) => {
  const answer = await send();
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expect(code(answer)).toBe(expected);
});

it('keeps the metadata that marks an upload as complete', async () => {
  await put('bytes');
  const metadata = { 'x-ms-meta-upload_status': 'completed', 'x-ms-meta-name': 'digits' };
  expect((await parts.blob('PUT', `${name}?comp=metadata`, { headers: metadata })).status).toBe(200);
  expect((await parts.blob('HEAD', name)).headers).toMatchObject(metadata);
  const list = await parts.blob('GET', `${CONTAINER}?restype=container&comp=list&include=metadata`);
  expect(list.text).toContain('<upload_status>completed</upload_status>');
  // Bytes that are uploaded again are not complete.
  await put('bytes');
  expect((await parts.blob('HEAD', name)).headers).not.toHaveProperty('x-ms-meta-upload_status');
});

it('has no blob whose name ends with a slash', async () => {
  await put('bytes');
  expect(code(await parts.blob('HEAD', `${name}/`))).toBe('BlobNotFound');
  expect((await parts.blob('PUT', `${name}/`, { body: 'x', headers: BLOCK_BLOB })).status).toBe(400);
});

it('lists by prefix and delimiter, with names as they are', async () => {
  for (const blob of [
    'LocalUpload/aa/m/a & b',
    'LocalUpload/aa/m/c/d',
    'LocalUpload/aa/m2',
    'LocalUpload/bb/m/e',
    'top',
  ])
    await parts.blob('PUT', encodeURI(blob), { body: '1', headers: BLOCK_BLOB });
  const list = async (query: string) => {
    const { text } = await parts.blob('GET', `${CONTAINER}?restype=container&comp=list&${query}`);
    return [...text.matchAll(/<(Blob|BlobPrefix)><Name>([^<]*)/g)].map(
      ([, kind, found]) => `${kind} ${found}`,
    );
  };
  expect(await list('prefix=LocalUpload/aa/m')).toEqual([
    'Blob LocalUpload/aa/m/a &amp; b',
    'Blob LocalUpload/aa/m/c/d',
    'Blob LocalUpload/aa/m2',
  ]);
  expect(await list('prefix=LocalUpload/aa/m/&delimiter=/')).toEqual([
    'Blob LocalUpload/aa/m/a &amp; b',
    'BlobPrefix LocalUpload/aa/m/c/',
  ]);
  expect(await list('delimiter=/')).toEqual(['Blob top', 'BlobPrefix LocalUpload/']);
  expect(await list('prefix=LocalUpload/b')).toEqual(['Blob LocalUpload/bb/m/e']);
});

it.each([
  ['bytes=1-2', 206, 'yt', 'bytes 1-2/5'],
  ['bytes=0-33554431', 206, 'bytes', 'bytes 0-4/5'],
  ['bytes=3-', 206, 'es', 'bytes 3-4/5'],
  ['lines=1-2', 200, 'bytes', undefined],
])('answers the range %s', async (range, status, text, contentRange) => {
  await put('bytes');
  const answer = await parts.blob('GET', name, { headers: { 'x-ms-range': range } });
  expect(answer).toMatchObject({ status, text });
  expect(answer.headers['content-range']).toBe(contentRange);
});

it('has no range of an empty blob', async () => {
  await put('');
  expect(await parts.blob('GET', name)).toMatchObject({ status: 200, text: '' });
  const answer = await parts.blob('GET', name, { headers: { 'x-ms-range': 'bytes=0-100' } });
  expect([answer.status, code(answer)]).toEqual([416, 'InvalidRange']);
});

it.each(['', '?sig=wrong', `?sig=${SIGNATURE}&sig=${SIGNATURE}`, `?sig=${SIGNATURE}x`])(
  'refuses a request with the signature %j',
  async (query) => {
    await put('bytes');
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE'] as const) {
      const answer = await parts.send(method, `${CONTAINER}/${name}${query}`);
      expect([answer.status, code(answer)]).toEqual([403, 'AuthenticationFailed']);
    }
    expect((await parts.send('GET', `${CONTAINER}?restype=container&comp=list`)).status).toBe(403);
    expect((await parts.blob('GET', name)).text).toBe('bytes');
  },
);

it.each([
  'a/../../b',
  'a/%2e%2e/%2e%2e/b',
  'a%2f..%2f..%2fb',
  '%2fetc%2fpasswd',
  'a%5cb',
  'a%00b',
  'a/./b',
  'a//b',
  `a/${'x'.repeat(256)}`,
  'x'.repeat(5_000),
])('refuses the blob name %j and writes nothing', async (blob) => {
  // As raw bytes: clients resolve dots themselves.
  const port = await parts.listen();
  const answer = await rawRequest(
    port,
    `PUT ${CONTAINER}/${blob}?sig=${SIGNATURE} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
  expect(await listFiles(parts.folder.directory)).toEqual([]);
});

function rawRequest(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

it('keeps a blob whose name is a folder of others', async () => {
  for (const blob of ['LocalUpload/aa/a', 'LocalUpload/aa/a/b', 'LocalUpload/aa', 'con', 'CON'])
    expect((await parts.blob('PUT', blob, { body: blob, headers: BLOCK_BLOB })).status).toBe(201);
  for (const blob of ['LocalUpload/aa/a', 'LocalUpload/aa/a/b', 'LocalUpload/aa', 'con', 'CON'])
    expect((await parts.blob('GET', blob)).text).toBe(blob);
});

it('leaves nothing of an upload whose client has gone', async () => {
  const port = await parts.listen();
  const head = `PUT ${CONTAINER}/${name}?sig=${SIGNATURE} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n`;
  const socket = connect(port, '127.0.0.1', () => socket.write(`${head}some`));
  await vi.waitFor(async () => expect(await listFiles(parts.folder.path('blobs'))).toHaveLength(1), {
    timeout: 20_000,
  });
  socket.destroy();
  await vi.waitFor(async () => expect(await listFiles(parts.folder.path('blobs'))).toEqual([]), {
    timeout: 20_000,
  });
  expect((await parts.blob('HEAD', name)).status).toBe(404);
});

it('refuses a block list of blanks without searching it over and over', () => {
  const blanks = ' '.repeat(1 << 20);
  for (const xml of [
    `${blanks}x`,
    `<?xml ?>${blanks}x`,
    `<BlockList>${blanks}x`,
    `<?xml${'?'.repeat(1 << 20)}`,
  ])
    expect(() => readBlockList(xml)).toThrow(/not syntactically valid/);
});

it('refuses to copy from a URL, and makes no empty blob', async () => {
  const refused = await put('', { 'x-ms-copy-source': 'https://127.0.0.1:1/local/azureml/a/b/c' });
  expect([refused.status, code(refused)]).toEqual([400, 'FeatureNotSupported']);
  expect((await parts.blob('HEAD', name)).status).toBe(404);
});
