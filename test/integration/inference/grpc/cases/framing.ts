// What is around and inside the messages: frames, lengths, compression, header fields, broken protobuf.
import { gzipSync } from 'node:zlib';
import { frame } from '../../../../helpers/grpc-call.ts';
import { TRITON_SERVICE } from '../../../../helpers/grpc-interface.ts';
import { ask, call, floats, GOOD, type GrpcCase, type GrpcRequest, infer, inference, input } from './case.ts';

const bytes = (method: string, ...pieces: Buffer[]): GrpcRequest => ({
  path: `/${TRITON_SERVICE}/${method}`,
  body: [Buffer.concat(pieces)],
});
/** A frame whose length says something else. */
function framed(length: number, content: Buffer, flag = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flag, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, content]);
}
const withHeaders = (headers: Readonly<Record<string, string | undefined>>) =>
  infer('latest', GOOD, { headers });
const field = (number: number, wire: number, ...content: number[]) =>
  Buffer.from([(number << 3) | wire, ...content]);
const NAME = Buffer.concat([field(1, 2, 8), Buffer.from('versions')]);
const metadata = (...content: Buffer[]) => bytes('ModelMetadata', frame(Buffer.concat(content)));

const BODIES: readonly (readonly [what: string, body: Buffer])[] = [
  ['nothing at all', Buffer.alloc(0)],
  ['one byte', Buffer.alloc(1)],
  ['four bytes', Buffer.alloc(4)],
  ['a length of 1 and no content', framed(1, Buffer.alloc(0))],
  ['a length beyond the content', framed(100, NAME)],
  ['a length within the content', framed(4, NAME)],
  ['a length of 2^31 - 1', framed(0x7fffffff, NAME)],
  ['a length of 2^31', framed(0x80000000, NAME)],
  ['a length of 2^32 - 1', framed(0xffffffff, NAME)],
  ['a flag of 2', framed(NAME.length, NAME, 2)],
  ['a flag of 255', framed(NAME.length, NAME, 255)],
  ['the flag of compression without an encoding', framed(NAME.length, NAME, 1)],
  ['two messages', Buffer.concat([frame(NAME), frame(NAME)])],
  ['a message and half a frame', Buffer.concat([frame(NAME), Buffer.alloc(3)])],
];

const MESSAGES: readonly (readonly [what: string, content: readonly Buffer[]])[] = [
  ['an unknown field', [NAME, field(15, 0, 5)]],
  ['an unknown field of text', [NAME, field(15, 2, 1, 65)]],
  ['an unknown field of 32 bits', [NAME, field(15, 5, 1, 2, 3, 4)]],
  ['an unknown field of 64 bits', [NAME, field(15, 1, 1, 2, 3, 4, 5, 6, 7, 8)]],
  ['an unknown group', [NAME, field(14, 3), field(14, 4)]],
  ['a group that does not end', [NAME, field(14, 3)]],
  ['the end of a group alone', [NAME, field(14, 4)]],
  ['field number 0', [NAME, field(0, 0, 1)]],
  ['wire type 6', [NAME, field(2, 6, 1)]],
  ['wire type 7', [NAME, field(2, 7, 1)]],
  ['a number in place of text', [NAME, field(2, 0, 1)]],
  ['the same field twice', [field(1, 2, 1, 65), NAME]],
  ['a length beyond the end', [field(1, 2, 9, 65)]],
  ['an incomplete length', [field(1, 2, 0x80)]],
  ['a length of more than ten bytes', [field(1, 2, ...Array.from({ length: 11 }, () => 0xff), 1)]],
  ['text that is not UTF-8', [field(1, 2, 2, 0xc3, 0x28)]],
  ['text with a NUL', [field(1, 2, 3, 65, 0, 66)]],
  ['an empty text', [field(1, 2, 0)]],
  ['random bytes', [Buffer.from('08ffde80017fffffff3a9d', 'hex')]],
];

const TYPES = [
  'application/grpc+proto',
  'application/grpc+json',
  'application/grpc+x',
  'application/grpc; charset=utf-8',
  'application/grpc;x',
  'APPLICATION/GRPC',
  'application/grpcx',
  'application/grpc-web',
  'application/json',
  'text/plain',
  '',
];

const TIMEOUTS = [
  '10S',
  '1M',
  '1H',
  '5000m',
  '9000000u',
  '99999999999n',
  '99999999S',
  '99999999H',
  '100000000S',
  '0S',
  '0n',
  '',
  'S',
  '1',
  '1s',
  '-1S',
  '1.5S',
  '10 S',
  '1X',
  'abc',
];

const ENCODINGS = ['identity', 'gzip', 'deflate', 'br', 'snappy', 'GZIP', 'gzip, deflate', ''];
const REQUEST = inference('latest', GOOD);

export const FRAMING_CASES: readonly GrpcCase[] = [
  ...BODIES.map(([what, body]) => ask(`frame: ${what}`, bytes('ModelMetadata', body))),
  ask('frame: of a message of no fields', bytes('ServerLive', frame(Buffer.alloc(0)))),
  ask('frame: a body of nothing for a method of no fields', bytes('ServerLive', Buffer.alloc(0))),
  ask('frame: content for a method of no fields', bytes('ServerLive', frame(NAME))),
  ...MESSAGES.map(([what, content]) => ask(`message: ${what}`, metadata(...content))),
  ask(
    'message: packed and unpacked shapes',
    bytes('ModelInfer', frame(handWritten(field(3, 2, 1, 2))), Buffer.alloc(0)),
    bytes('ModelInfer', frame(handWritten(field(3, 0, 2)))),
  ),
  ...TYPES.map((type) => ask(`content-type: "${type}"`, withHeaders({ 'content-type': type }))),
  ask('content-type: none', withHeaders({ 'content-type': undefined })),
  ask('te: none', withHeaders({ te: undefined })),
  ...['PUT', 'OPTIONS', 'X'].map((method) => ask(`method: ${method}`, withHeaders({ ':method': method }))),
  ...['GET', 'HEAD', 'DELETE'].map((method) =>
    ask(`method: ${method}, without a body`, { ...withHeaders({ ':method': method }), body: [] }),
  ),
  ...TIMEOUTS.map((timeout) => ask(`grpc-timeout: "${timeout}"`, withHeaders({ 'grpc-timeout': timeout }))),
  ...ENCODINGS.map((encoding) =>
    ask(`grpc-encoding: "${encoding}" of a plain message`, withHeaders({ 'grpc-encoding': encoding })),
  ),
  ...ENCODINGS.map((encoding) =>
    ask(`grpc-encoding: "${encoding}" of a compressed message that is not`, {
      ...bytes('ModelMetadata', framed(NAME.length, NAME, 1)),
      headers: { 'grpc-encoding': encoding },
    }),
  ),
  ...(['gzip', 'deflate'] as const).flatMap((encoding) => [
    ask(`compression: ${encoding}`, call('ModelInfer', REQUEST, { encoding })),
    ask(
      `compression: ${encoding}, asked for as well`,
      call('ModelInfer', REQUEST, { encoding, headers: { 'grpc-accept-encoding': encoding } }),
    ),
    ask(`compression: ${encoding} for the answer alone`, withHeaders({ 'grpc-accept-encoding': encoding })),
    ask(
      `compression: ${encoding} of a megabyte of zeros`,
      infer(
        'identity_fp32',
        { inputs: [input('INPUT0', 'FP32', [262_144])], raw: [Buffer.alloc(1 << 20)] },
        { encoding },
      ),
    ),
  ]),
  ask('compression: gzip under the name of deflate', {
    ...bytes('ModelMetadata', frame(gzipSync(NAME), true)),
    headers: { 'grpc-encoding': 'deflate' },
  }),
  ask('compression: gzip cut short', {
    ...bytes('ModelMetadata', frame(gzipSync(NAME).subarray(0, 12), true)),
    headers: { 'grpc-encoding': 'gzip' },
  }),
  ask('compression: two gzips in one', {
    ...bytes('ModelMetadata', frame(Buffer.concat([gzipSync(NAME), gzipSync(Buffer.alloc(0))]), true)),
    headers: { 'grpc-encoding': 'gzip' },
  }),
  ask('compression: gzip with bytes behind it', {
    ...bytes('ModelMetadata', frame(Buffer.concat([gzipSync(NAME), Buffer.from('x')]), true)),
    headers: { 'grpc-encoding': 'gzip' },
  }),
  ask('compression: of nothing', {
    ...bytes('ServerLive', frame(Buffer.alloc(0), true)),
    headers: { 'grpc-encoding': 'gzip' },
  }),
  ask('metadata: of the client', withHeaders({ 'x-own': 'value', 'user-agent': 'test' })),
  ask('metadata: binary', withHeaders({ 'x-own-bin': Buffer.from([0, 255, 1]).toString('base64') })),
  ask('metadata: binary that is not base64', withHeaders({ 'x-own-bin': '***' })),
  ask('metadata: of 4 kB', withHeaders({ 'x-own': 'x'.repeat(4_096) })),
  ask('metadata: of 12 kB', withHeaders({ 'x-own': 'x'.repeat(12_000) })),
  ask('metadata: of 100 kB', withHeaders({ 'x-own': 'x'.repeat(100_000) })),
  ask('metadata: triton_grpc_error', withHeaders({ triton_grpc_error: 'true' })),
];

/** An inference of two numbers on `identity_fp32`, its shape as given. */
function handWritten(shape: Buffer): Buffer {
  const text = (number: number, value: string) =>
    Buffer.concat([field(number, 2, value.length), Buffer.from(value)]);
  const tensor = Buffer.concat([text(1, 'INPUT0'), text(2, 'FP32'), shape]);
  return Buffer.concat([
    text(1, 'identity_fp32'),
    field(5, 2, tensor.length),
    tensor,
    field(7, 2, 8),
    floats(1, 2),
  ]);
}
