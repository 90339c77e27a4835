import { gunzipSync, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frame, GrpcConnection } from '../../../helpers/grpc-call.ts';
import { GrpcInterface, TRITON_SERVICE } from '../../../helpers/grpc-interface.ts';
import { peerPython } from '../../../helpers/python.ts';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import { request } from '../fidelity/exchange.ts';
import { askShared, type SharedRepository, startOnSharedRepository } from '../fidelity/shared-repository.ts';
import { call, type Inference, infer, input, strings } from './cases/case.ts';
import { comparable, exchange } from './exchange.ts';
import { SCRIPTED_FILES, type Step } from './repositories/stream-models.ts';
import { steps } from './repositories/stream-scripts.ts';

if (!realTriton) skipLoudly("the comparison of Triton's arguments for gRPC");

const INFER = `/${TRITON_SERVICE}/ModelInfer`;
const STREAM = `/${TRITON_SERVICE}/ModelStreamInfer`;
const ARGUMENTS = [
  '--grpc-infer-response-compression-level=low',
  '--grpc-header-forward-pattern=^(X-|user|triton)|-bin$',
  '--http-header-forward-pattern=^x-',
];
const MANY = Array.from({ length: 1_000 }, () => 7);

describe.skipIf(!realTriton || !peerPython)("Triton's arguments for gRPC beside the real Triton", () => {
  let grpc: GrpcInterface;
  let pair: SharedRepository;
  beforeAll(async () => {
    grpc = await GrpcInterface.ofRealClient();
    pair = await startOnSharedRepository(realTriton ?? '', SCRIPTED_FILES, 'none', ARGUMENTS);
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  const onBoth = <T>(ask: (port: number) => Promise<T>): Promise<[real: T, ours: T]> =>
    Promise.all([ask(pair.realGrpcPort), ask(pair.ourGrpcPort)]);

  /** What a call came to, with each message unpacked; whether it was packed is kept, its bytes are not. */
  async function unpacked(port: number, method: string, does: Step[], accepted: string) {
    using connection = new GrpcConnection(port);
    const request = frame(grpc.encode(method, steps(method === STREAM ? 'decoupled' : 'plain', does)));
    const outcome = await connection.exchange(method, request, {
      headers: { 'grpc-accept-encoding': accepted },
    });
    const encoding = outcome.headers['grpc-encoding'];
    const messages = outcome.messages.map(({ bytes, compressed }) =>
      compressed ? (encoding === 'gzip' ? gunzipSync(bytes) : inflateSync(bytes)) : bytes,
    );
    return {
      ...comparable(grpc, method, {
        ...outcome,
        messages: messages.map((bytes) => ({ bytes, compressed: false })),
      }),
      compressed: outcome.messages.map(({ compressed }) => compressed),
    };
  }

  const ACCEPTED = [
    'gzip',
    'deflate',
    'identity, deflate, gzip',
    'gzip,deflate',
    'identity',
    'br',
    '',
    'GZIP',
    'gzip;q=1',
  ];

  describe('compression of answers', () => {
    it.each(ACCEPTED)('for a client that accepts "%s"', async (accepted) => {
      const scripts: [string, Step[]][] = [
        [INFER, [{ send: MANY }]],
        [INFER, [{ send: [1] }]],
        [INFER, [{ raise: 'boom' }]],
        [STREAM, [{ send: MANY }, { send: [1] }, { error: 'x'.repeat(500) }, { send: MANY }]],
      ];
      for (const [method, does] of scripts) {
        const [real, ours] = await onBoth((port) => unpacked(port, method, does, accepted));
        expect(ours).toEqual(real);
        const isUsed = /^(?!gzip;)[^A-Z]*(?:gzip|deflate)/.test(accepted);
        expect(real.compressed.includes(true)).toBe(
          isUsed && does.some((step) => 'send' in step && step.send === MANY),
        );
      }
    });

    it('leaves other answers as they are', async () => {
      const headers = { 'grpc-accept-encoding': 'gzip' };
      const [real, ours] = await onBoth((port) =>
        exchange(port, grpc, call('ModelConfig', { name: 'plain' }, { headers })),
      );
      expect(ours).toEqual(real);
      expect(real.headers).not.toHaveProperty('grpc-encoding');
    });
  });

  describe('forwarded header fields', () => {
    const seen = (asked: Partial<Inference>, headers: Readonly<Record<string, string>>) =>
      infer('seen', { inputs: [input('STEPS', 'BYTES', [1])], raw: [strings('[]')], ...asked }, { headers });

    it.each([
      [{}, {}],
      [{ 'x-a': '1', 'x-b': 'two, three', 'not-x': '4' }, {}],
      [{ 'x-a': '1' }, { 'x-a': { string_param: 'of the request' }, own: { int64_param: '5' } }],
      [{ 'user-agent': 'own', 'grpc-timeout': '20S', 'grpc-accept-encoding': 'identity' }, {}],
      [{ triton_grpc_error: 'true', triton_own: '1' }, {}],
      [{ 'x-name-bin': Buffer.from('ab\u00fc').toString('base64'), 'x-nul-bin': 'YQBi' }, {}],
      [{ 'x-name': Buffer.from('\u00fc').toString('latin1') }, {}],
    ])('of gRPC: %j with the parameters %j', async (headers, parameters) => {
      for (const path of [INFER, STREAM]) {
        const request = { ...seen({ parameters }, headers as Readonly<Record<string, string>>), path };
        const [real, ours] = await onBoth((port) => exchange(port, grpc, request));
        expect(ours).toEqual(real);
        expect(real.status).toBe(0);
      }
    });

    it('that are repeated, by their last value', async () => {
      const headers = { 'x-a': ['1', '2'] } as unknown as Readonly<Record<string, string>>;
      const [real, ours] = await onBoth((port) => exchange(port, grpc, seen({}, headers)));
      expect(ours).toEqual(real);
    });

    it.each([
      [{ 'X-Own': '1', 'x-other': 'two' }, {}],
      [{ 'X-Own': '1', 'x-own': '2' }, { 'x-own': 'of the request' }],
      [
        { 'x-number': '1', 'Not-X': '2' },
        { 'x-number': 5, own: 'text' },
      ],
    ])('of HTTP: %j with the parameters %j', async (headers, parameters) => {
      const body = { inputs: [{ name: 'STEPS', shape: [1], datatype: 'BYTES', data: ['[]'] }], parameters };
      for (const [verb, asked] of [
        ['infer', body],
        ['generate', { STEPS: '[]', ...parameters }],
      ] as const) {
        const sent = request('POST', `/v2/models/seen/${verb}`, JSON.stringify(asked), headers);
        const [real, ours] = await askShared(pair, sent);
        expect(ours).toEqual(real);
        expect(real.status).toBe(200);
      }
    });
  });
});
