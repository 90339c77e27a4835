// How a body is delimited and packed: lengths, chunks, encodings (docs/reference/triton.md#lookup-and-framing).
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { request } from '../exchange.ts';
import { ask, binaryInput, type FidelityCase, floats, infer, inferBinary, input, post } from './case.ts';

const JSON_BODY = JSON.stringify({ inputs: [input('INPUT0', 'FP32', [2], [1, 2])] });
const TARGET = '/v2/models/identity_fp32/infer';

const HEADER_LENGTHS = [
  '0',
  '1',
  String(JSON_BODY.length - 1),
  String(JSON_BODY.length),
  String(JSON_BODY.length + 1),
  '-1',
  '-2147483648',
  '2147483647',
  'abc',
  '',
  ' 5',
  '5x',
  '+3',
  '99999999999',
  '4294967296',
  '4294967301',
  '-4294967291',
  '-99999999999999999999',
  '0x10',
  '1.5',
];

const BINARY = { inputs: [binaryInput('INPUT0', 'FP32', [2], 8)] };

/** Of `--http-max-input-size`, which releases newer than the peer have. */
const OVER_LIMIT = 64 * 1024 * 1024 + 4;

const ENCODINGS = ['gzip', 'deflate', 'identity', '', 'br', 'GZIP', 'x-gzip', 'gzip, deflate', 'compress'];

const ACCEPTED = [
  'gzip',
  'deflate',
  'gzip, deflate',
  'deflate, gzip',
  'deflate;q=0.5, gzip;q=0.4',
  'gzip;q=0',
  'gzip;q=0, deflate;q=0',
  'br',
  'br, gzip;q=0.1',
  '*',
  'identity, gzip',
  'identity;q=0.5, gzip;q=0.9',
  'gzip;q=abc',
  'GZIP',
  '',
  'gzip;q=1.5',
  'gzip;q=0.5;q=0',
  ' gzip ',
  'gzip ; q=0.3',
];

const packed = (encoding: string): Buffer => {
  if (encoding.toLowerCase() === 'gzip' || encoding === 'x-gzip') return gzipSync(JSON_BODY);
  return encoding === 'deflate' ? deflateSync(JSON_BODY) : Buffer.from(JSON_BODY);
};

function chunked(
  target: string,
  pieces: readonly (string | Uint8Array)[],
  headers: Record<string, string> = {},
) {
  const framed = pieces.map((piece) => {
    const content = Buffer.from(piece as string);
    return Buffer.concat([Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from('\r\n')]);
  });
  return request('POST', target, Buffer.concat([...framed, Buffer.from('0\r\n\r\n')]), {
    'Transfer-Encoding': 'chunked',
    ...headers,
  });
}

/** An inference request whose head holds these lines, each of which ends in CR LF, and whose body is as given. */
const rawInfer = (lines: string, body: string = JSON_BODY) => ({
  bytes: Buffer.from(
    `POST ${TARGET} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines}\r\n${body}`,
    'latin1',
  ),
});
const LENGTH = `Content-Length: ${JSON_BODY.length}\r\n`;
const CHUNK = `${JSON_BODY.length.toString(16)}\r\n${JSON_BODY}\r\n0\r\n\r\n`;
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

/** Taken by Triton's lenient parser; a proxy in between could read another request in each. */
const AMBIGUOUS: readonly (readonly [what: string, request: { readonly bytes: Buffer }])[] = [
  ['a length and chunks', rawInfer(LENGTH + CHUNKED, CHUNK)],
  ['chunks and a length', rawInfer(CHUNKED + LENGTH, CHUNK)],
  ['two equal lengths', rawInfer(LENGTH + LENGTH)],
  ['chunked twice', rawInfer(CHUNKED + CHUNKED, CHUNK)],
  ['identity with a length', rawInfer(`Transfer-Encoding: identity\r\n${LENGTH}`)],
  ['identity without one', rawInfer('Transfer-Encoding: identity\r\n')],
  ['a space in a field name', rawInfer(`X Y: 1\r\n${LENGTH}`)],
  ['a space before the colon', rawInfer(`X-Y : 1\r\n${LENGTH}`)],
  ['a space before the colon of the length', rawInfer(`Content-Length : ${JSON_BODY.length}\r\n`)],
  ['a NUL in a value', rawInfer(`X-Y: a\0b\r\n${LENGTH}`)],
];

/** Closed without a word by Triton. */
const BROKEN: readonly (readonly [what: string, request: { readonly bytes: Buffer }])[] = [
  ['a list of lengths', rawInfer(`Content-Length: ${JSON_BODY.length}, ${JSON_BODY.length}\r\n`)],
  ['a length with a sign', rawInfer(`Content-Length: +${JSON_BODY.length}\r\n`)],
  ['a length beyond 64 bits', rawInfer(`Content-Length: ${2n ** 64n + 5n}\r\n`)],
  ['a chunk of no size', rawInfer(CHUNKED, `zz\r\n${JSON_BODY}`)],
  ['a folded field', rawInfer(`X-Y: a\r\n b\r\n${LENGTH}`)],
  ['a field without a name', rawInfer(`: 1\r\n${LENGTH}`)],
  ['lines without CR', { bytes: Buffer.from('GET /v2 HTTP/1.1\nHost: x\n\n') }],
  ['a space in the target', { bytes: Buffer.from('GET /v2 /x HTTP/1.1\r\nHost: x\r\n\r\n') }],
];

const fields = (count: number, bytes: number) =>
  Array.from({ length: count }, (_none, index) => `X-${index}: ${'a'.repeat(bytes)}\r\n`).join('');

export const FRAMING_CASES: readonly FidelityCase[] = [
  ...HEADER_LENGTHS.map((length) =>
    ask(
      `header length: ${JSON.stringify(length)} over a JSON body`,
      infer('identity_fp32', JSON_BODY, { 'Inference-Header-Content-Length': length }),
    ),
  ),
  ...[7, 8, 9, 0].map((bytes) =>
    ask(`binary section: ${bytes} of 8 bytes`, inferBinary('identity_fp32', BINARY, Buffer.alloc(bytes, 63))),
  ),
  ...ENCODINGS.map((encoding) =>
    ask(
      `content-encoding: ${JSON.stringify(encoding)}`,
      post(TARGET, packed(encoding), { 'Content-Encoding': encoding }),
    ),
  ),
  ask(
    'content-encoding: gzip of a deflate stream',
    post(TARGET, deflateSync(JSON_BODY), { 'Content-Encoding': 'gzip' }),
  ),
  ask(
    'content-encoding: deflate of a gzip stream',
    post(TARGET, gzipSync(JSON_BODY), { 'Content-Encoding': 'deflate' }),
  ),
  ask(
    'content-encoding: raw deflate',
    post(TARGET, deflateRawSync(JSON_BODY), { 'Content-Encoding': 'deflate' }),
  ),
  ask(
    'content-encoding: gzip cut short',
    post(TARGET, gzipSync(JSON_BODY).subarray(0, 40), { 'Content-Encoding': 'gzip' }),
  ),
  ask('content-encoding: gzip of nothing', post(TARGET, gzipSync(''), { 'Content-Encoding': 'gzip' })),
  ask('content-encoding: gzip, empty body', post(TARGET, '', { 'Content-Encoding': 'gzip' })),
  ask('content-encoding: not gzip at all', post(TARGET, 'hello', { 'Content-Encoding': 'gzip' })),
  ask(
    'content-encoding: two gzip members',
    post(TARGET, Buffer.concat([gzipSync(JSON_BODY.slice(0, 20)), gzipSync(JSON_BODY.slice(20))]), {
      'Content-Encoding': 'gzip',
    }),
  ),
  ask(
    'content-encoding: gzip with a tail',
    post(TARGET, Buffer.concat([gzipSync(JSON_BODY), Buffer.from('tail')]), { 'Content-Encoding': 'gzip' }),
  ),
  ask(
    'content-encoding: unknown on an unknown model',
    post('/v2/models/nothing/infer', '', { 'Content-Encoding': 'br' }),
  ),
  ask(
    'content-encoding: gzip with a binary section',
    post(TARGET, gzipSync(Buffer.concat([Buffer.from(JSON.stringify(BINARY)), floats(1, 2)])), {
      'Content-Encoding': 'gzip',
      'Inference-Header-Content-Length': String(JSON.stringify(BINARY).length),
    }),
  ),
  ...ACCEPTED.map((accept) =>
    ask(
      `accept-encoding: ${JSON.stringify(accept)}`,
      infer('identity_fp32', JSON_BODY, { 'Accept-Encoding': accept }),
    ),
  ),
  ask('accept-encoding: an error stays plain', infer('identity_fp32', '{', { 'Accept-Encoding': 'gzip' })),
  ask(
    'accept-encoding: binary answer',
    inferBinary('identity_fp32', { ...BINARY, parameters: { binary_data_output: true } }, floats(1, 2), {
      'Accept-Encoding': 'gzip',
    }),
  ),
  ask('accept-encoding: metadata stays plain', request('GET', '/v2', '', { 'Accept-Encoding': 'gzip' })),
  ask('chunks: one', chunked(TARGET, [JSON_BODY])),
  ask('chunks: many', chunked(TARGET, [...JSON_BODY])),
  ...['1.5', '-3', 'abc', '1e308', '9'.repeat(400)].map((length) =>
    ask(
      `chunks: with a header length of ${length.slice(0, 8)}`,
      chunked(TARGET, [JSON_BODY.slice(0, 9), JSON_BODY.slice(9)], {
        'Inference-Header-Content-Length': length,
      }),
    ),
  ),
  ask('chunks: none', chunked(TARGET, [])),
  ask(
    'chunks: with a binary section',
    chunked(TARGET, [JSON.stringify(BINARY), floats(1), floats(2)], {
      'Inference-Header-Content-Length': String(JSON.stringify(BINARY).length),
    }),
  ),
  ask('chunks: compressed', chunked(TARGET, [gzipSync(JSON_BODY)], { 'Content-Encoding': 'gzip' })),
  ask('content-length: not a number', request('POST', TARGET, JSON_BODY, { 'Content-Length': 'abc' })),
  ask('content-length: negative', request('POST', TARGET, JSON_BODY, { 'Content-Length': '-5' })),
  ask('content-length: none on a POST', {
    bytes: Buffer.from(`POST ${TARGET} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
  }),
  ask('expect: 100-continue', infer('identity_fp32', JSON_BODY, { Expect: '100-continue' })),
  ask('http: version 1.0', { bytes: Buffer.from('GET /v2/health/ready HTTP/1.0\r\n\r\n') }),
  ask('http: no host', { bytes: Buffer.from('GET /v2/health/ready HTTP/1.1\r\nConnection: close\r\n\r\n') }),
  ask('http: garbage', { bytes: Buffer.from('garbage\r\n\r\n') }),
  ask('http: unknown method', {
    bytes: Buffer.from('BREW /v2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
  }),
  ...AMBIGUOUS.map(([what, asked]) => ask(`ambiguous: ${what}`, asked)),
  ...BROKEN.map(([what, asked]) => ask(`broken: ${what}`, asked)),
  ask('head: of 20 kB', rawInfer(fields(180, 100) + LENGTH)),
  ask('head: of 300 kB', rawInfer(fields(2_800, 100) + LENGTH)),
  ask('head: of 2 MB', rawInfer(fields(2_000, 1_000) + LENGTH)),
  ask('head: of 2,100 fields, the length last', rawInfer('a: 1\r\n'.repeat(2_100) + LENGTH)),
  ask('head: of 20,000 fields, the length last', rawInfer('a: 1\r\n'.repeat(20_000) + LENGTH)),
  ask('field: of 20 kB', rawInfer(fields(1, 20_000) + LENGTH)),
  ask('head: bytes beyond ASCII', rawInfer(`X-Y: a\xe9b\r\n${LENGTH}`)),
  ask('head: a wish to upgrade', rawInfer(`Upgrade: h2c\r\n${LENGTH}`)),
  ask('expect: something else', infer('identity_fp32', JSON_BODY, { Expect: 'else' })),
  ask('http: CONNECT', {
    bytes: Buffer.from('CONNECT x:80 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
  }),
  ask('http: unknown method on an unknown path', {
    bytes: Buffer.from('BREW /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
  }),
  ask('http: absolute target', {
    bytes: Buffer.from(
      'GET http://localhost/v2/health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    ),
  }),
  ask(
    'limits: inflated bytes',
    post(TARGET, gzipSync(Buffer.alloc(OVER_LIMIT, ' ')), { 'Content-Encoding': 'gzip' }),
  ),
  ask('limits: bytes of JSON', post(TARGET, Buffer.alloc(OVER_LIMIT, ' '))),
  ask(
    'limits: bytes of a raw request',
    post('/v2/models/batch_fp32/infer', Buffer.alloc(OVER_LIMIT), { 'Inference-Header-Content-Length': '0' }),
  ),
  ask('limits: chunks', chunked(TARGET, Array(65_537).fill(' '))),
];
