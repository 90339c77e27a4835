import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { frame, type GrpcCall, GrpcConnection } from '../../../helpers/grpc-call.ts';
import { GrpcInterface, TRITON_SERVICE } from '../../../helpers/grpc-interface.ts';
import { peerPython } from '../../../helpers/python.ts';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import { type SharedRepository, startOnSharedRepository } from '../fidelity/shared-repository.ts';
import { call, type Inference, infer, input, strings } from './cases/case.ts';
import { type ComparableCall, comparable, exchange } from './exchange.ts';
import { STREAM_FILES, type Step } from './repositories/stream-models.ts';
import { STREAM_SCRIPTS, type StreamScript, steps } from './repositories/stream-scripts.ts';

if (!realTriton) skipLoudly('the comparison of gRPC streams with the real Triton');

const STREAM = `/${TRITON_SERVICE}/ModelStreamInfer`;
const INFER = `/${TRITON_SERVICE}/ModelInfer`;

const STEPS = input('STEPS', 'BYTES', [1]);

/** What a Python model learns of its request. */
const SEEN: Readonly<Record<string, Partial<Inference>>> = {
  'an id': { id: 'my id' },
  'parameters of each type': {
    parameters: {
      truth: { bool_param: true },
      lie: { bool_param: false },
      number: { int64_param: '-9007199254740993' },
      text: { string_param: 'text with "quotes" and ü' },
      empty: { string_param: '' },
    },
  },
  'a timeout': { parameters: { timeout: { int64_param: '5000000' } } },
  'a priority': { parameters: { priority: { int64_param: '3' } } },
  'a priority without a sign': { parameters: { priority: { uint64_param: '3' } } },
  'a sequence': {
    parameters: { sequence_id: { int64_param: '77' }, sequence_start: { bool_param: true } },
  },
  'the end of a sequence': {
    parameters: { sequence_id: { int64_param: '77' }, sequence_end: { bool_param: true } },
  },
  'a sequence of a negative number': { parameters: { sequence_id: { int64_param: '-1' } } },
  'the switch of empty final responses': {
    parameters: { triton_enable_empty_final_response: { bool_param: true } },
  },
};

describe.skipIf(!realTriton || !peerPython)('gRPC streams beside the real Triton', () => {
  let pair: SharedRepository;
  let grpc: GrpcInterface;
  let firstPort: number;
  const marks = mkdtempSync(path.join(tmpdir(), 'triton-local-grpc-'));

  beforeAll(async () => {
    grpc = await GrpcInterface.ofRealClient();
    pair = await startOnSharedRepository(realTriton ?? '', STREAM_FILES, 'none');
    firstPort = pair.realGrpcPort;
  });
  afterAll(async () => {
    await pair?.[Symbol.asyncDispose]();
    rmSync(marks, { recursive: true, force: true });
  });

  const onBoth = <T>(ask: (port: number) => Promise<T>): Promise<[real: T, ours: T]> =>
    Promise.all([ask(pair.realGrpcPort), ask(pair.ourGrpcPort)]);

  // The real server dies of a broken call now and then.
  it.each(Object.entries(STREAM_SCRIPTS))('%s', (_name, script) =>
    pair.whileRealLives(async () => {
      const [real, ours] = await onBoth(async (port) => {
        using connection = new GrpcConnection(port);
        return played(connection, script);
      });
      expect(ours).toEqual(real);
    }),
  );

  it('counts what the streams did', async () => {
    // A server that was started again has counted a part only.
    if (pair.realGrpcPort !== firstPort) return;
    // Triton counts a request after it has answered it.
    for (const name of ['decoupled', 'plain', 'other', 'e_one', 'add1', 'sequence'])
      await vi.waitFor(async () => {
        const [real, ours] = await onBoth((port) => exchange(port, grpc, call('ModelStatistics', { name })));
        expect(ours).toEqual(real);
      }, 30_000);
  });

  it('carries many streams on one connection', async () => {
    const scripts = Object.values(STREAM_SCRIPTS).filter(
      ({ sends, headers }) => !headers && !sends.some((piece) => Buffer.isBuffer(piece)),
    );
    const [real, ours] = await onBoth(async (port) => {
      using connection = new GrpcConnection(port);
      return Promise.all(scripts.map((script) => played(connection, script)));
    });
    expect(ours).toEqual(real);
  });

  it.each(Object.entries(SEEN))('hands on to a model: %s', async (_what, { parameters = {}, id = '' }) => {
    const request = infer('seen', { inputs: [STEPS], raw: [strings('[]')], parameters, id });
    const [real, ours] = await onBoth((port) => exchange(port, grpc, request));
    expect(ours).toEqual(real);
  });

  it.each(['decoupled', 'plain'])('cancels a request of a stream: %s', async (model) => {
    await cancelled(STREAM, model, (running) => running.cancel());
  });

  it('cancels a unary request', async () => {
    await cancelled(INFER, 'plain', (running) => running.cancel());
  });

  it.each(['decoupled', 'plain'])('cancels what a lost connection leaves behind: %s', async (model) => {
    await cancelled(STREAM, model, (_running, connection) => connection[Symbol.dispose]());
  });

  it('cancels a unary request at its deadline', async () => {
    const outcomes = await cancelled(INFER, 'plain', () => undefined, { 'grpc-timeout': '5S' });
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[0]).toMatchObject({ status: 4, message: 'Deadline Exceeded' });
  });

  it('cancels a request of a stream at its deadline', async () => {
    const outcomes = await cancelled(STREAM, 'decoupled', () => undefined, { 'grpc-timeout': '5S' });
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[0]).toMatchObject({ status: 4, message: 'Deadline Exceeded' });
  });

  it('ends a stream at its deadline', async () => {
    const [real, ours] = await onBoth(async (port) => {
      using connection = new GrpcConnection(port);
      const running = connection.call(STREAM, { headers: { 'grpc-timeout': '5S' } });
      running.send(frame(grpc.encode(STREAM, steps('plain', [{ send: [1] }]))));
      return comparable(grpc, STREAM, await running.outcome);
    });
    expect(ours).toEqual(real);
  });

  /** Has both start a request that waits until it is cancelled, ends the call, and waits until both models noticed. */
  async function cancelled(
    method: string,
    model: string,
    end: (running: GrpcCall, connection: GrpcConnection) => void,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<[real: ComparableCall, ours: ComparableCall]> {
    return onBoth(async (port) => {
      const folder = mkdtempSync(path.join(marks, 'call-'));
      const [begun, noticed] = [path.join(folder, 'begun'), path.join(folder, 'noticed')];
      using connection = new GrpcConnection(port);
      const running = connection.call(method, { headers });
      const does: Step[] = [{ write: begun }, { untilCancelled: true }, { write: noticed }];
      running.send(frame(grpc.encode(method, steps(model, does))));
      if (method === INFER) running.end();
      await vi.waitFor(() => expect(existsSync(begun), 'the model runs').toBe(true), 60_000);
      end(running, connection);
      await vi.waitFor(() => expect(existsSync(noticed), 'the model noticed').toBe(true), 60_000);
      return comparable(grpc, method, await running.outcome);
    });
  }

  async function played(connection: GrpcConnection, script: StreamScript) {
    const { sends, headers = {}, inTurns = false, unordered = false } = script;
    const running = connection.call(STREAM, { headers });
    for (const [index, piece] of sends.entries()) {
      running.send(Buffer.isBuffer(piece) ? piece : frame(grpc.encode(STREAM, piece)));
      if (inTurns) await running.received(index + 1);
    }
    running.end();
    const outcome = comparable(grpc, STREAM, await running.outcome);
    return unordered ? { ...outcome, answers: byId(outcome.answers) } : outcome;
  }
});

/** The answers of each request, by its id. */
function byId(answers: readonly unknown[]): unknown {
  const groups: Record<string, unknown[]> = {};
  for (const answer of answers) {
    const { infer_response } = answer as { infer_response?: { id?: string } };
    const id = infer_response?.id ?? '';
    groups[id] = [...(groups[id] ?? []), answer];
  }
  return groups;
}
