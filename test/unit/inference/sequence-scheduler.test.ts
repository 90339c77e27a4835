import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Outcome } from '../../../src/inference/backends/backend.ts';
import type { Cancellation } from '../../../src/inference/cancellation.ts';
import { type ExecutedRequest, RESCHEDULED } from '../../../src/inference/scheduling/scheduled-request.ts';
import { ImplicitStates } from '../../../src/inference/scheduling/sequence/implicit-states.ts';
import { SequenceScheduler } from '../../../src/inference/scheduling/sequence/sequence-scheduler.ts';
import { ModelStatistics } from '../../../src/inference/statistics.ts';
import { type ModelDefinition, parseModelConfigText } from '../../../src/repository/index.ts';
import { inferRequest } from '../../helpers/infer-request.ts';

const TIMES = { computeInputNs: 1, computeInferNs: 1, computeOutputNs: 1 };
const NOTHING = { outputs: [], parameters: undefined };

/** A batch that runs: its requests as `ID FLAGS`, or `-` for a null request. */
interface Running {
  readonly batch: readonly string[];
  finish(outcome?: Outcome): void;
}

const named = ({ request: { sequence } }: ExecutedRequest) => {
  const flags = `${sequence.start ? 'S' : ''}${sequence.end ? 'E' : ''}`;
  return sequence.id === 0n ? '-' : `${sequence.id} ${flags}`.trim();
};

/** Events are dispatched in one turn of the event loop, and what they set off in the next ones. */
const settled = async () => {
  for (let index = 0; index < 4; index += 1) await turn();
};

async function prepare(batching: string, maxBatchSize = 2) {
  const config = parseModelConfigText(
    `name: "m" max_batch_size: ${maxBatchSize} sequence_batching { ${batching} }`,
    'config.pbtxt',
  );
  const running: Running[] = [];
  const instance = {
    execute: (requests: readonly ExecutedRequest[]) =>
      new Promise<{ outcomes: Outcome[] } & typeof TIMES>((resolve) => {
        const finish = (outcome: Outcome = NOTHING) =>
          resolve({ outcomes: requests.map(() => outcome), ...TIMES });
        running.push({ batch: requests.map(named), finish });
      }),
  };
  const statistics = new ModelStatistics();
  const warnings: string[] = [];
  const scheduler = new SequenceScheduler({
    config,
    instances: [instance],
    statistics,
    states: await ImplicitStates.read({ directory: '/none' } as ModelDefinition, config),
    returnsStates: false,
    warn: (text) => warnings.push(text),
  });
  const answered: string[] = [];
  const send = (
    what: string,
    { timeout = 0, cancellation }: { timeout?: number; cancellation?: Cancellation } = {},
  ) => {
    const [id = '', flags = ''] = what.split(' ');
    const sequence = {
      id: id.startsWith("'") ? id : BigInt(id),
      start: flags.includes('S'),
      end: flags.includes('E'),
    };
    const scheduled = {
      request: inferRequest({ sequence, timeout }),
      inputs: [],
      batchSize: 1,
      shapeKey: '',
      onResponse: undefined,
      onExecuted: undefined,
    };
    return scheduler.schedule(scheduled, cancellation).then(
      () => answered.push(what),
      (error: Error) => answered.push(`${what}: ${error.message}`),
    );
  };
  const finish = async (outcome?: Outcome) => {
    running.at(-1)?.finish(outcome);
    await settled();
  };
  const last = () => running.at(-1)?.batch;
  const failures = () =>
    (statistics.report('m', '1') as { inference_stats: { fail: { count: number } } }).inference_stats.fail
      .count;
  return { scheduler, send, running, finish, last, answered, warnings, failures };
}

const IDLE = 'max_sequence_idle_microseconds: 100000';

describe('SequenceScheduler', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('keeps the places of sequences with null requests', async () => {
    const { send, finish, last } = await prepare(IDLE);
    void send('1 S');
    void send('2 S');
    await settled();
    expect(last()).toEqual(['1 S', '2 S']);
    await finish();
    void send('2');
    await settled();
    expect(last()).toEqual(['-', '2']);
    await finish();
    void send('1');
    await settled();
    expect(last()).toEqual(['1']);
  });

  it('runs one request of a sequence at a time', async () => {
    const { send, running, finish, last } = await prepare(IDLE);
    for (const what of ['1 S', '1', '1 E']) void send(what);
    await settled();
    expect(running.map(({ batch }) => batch)).toEqual([['1 S']]);
    await finish();
    expect(last()).toEqual(['1']);
    await finish();
    expect(last()).toEqual(['1 E']);
  });

  it('gives the slot of a sequence that ends to the one that waits longest', async () => {
    const { send, finish, last } = await prepare(IDLE, 1);
    for (const what of ['1 S', '2 SE', '3 S', '3', '1 E']) void send(what);
    await settled();
    await finish();
    expect(last()).toEqual(['1 E']);
    await finish();
    expect(last()).toEqual(['2 SE']);
    await finish();
    expect(last()).toEqual(['3 S']);
    await finish();
    expect(last()).toEqual(['3']);
  });

  it.each(['', 'oldest { max_candidate_sequences: 1 }'])(
    'closes a sequence that is idle, and only then: %s',
    async (strategy) => {
      const { send, finish, last, answered } = await prepare(`${IDLE} ${strategy}`, 1);
      void send('1 S');
      void send('2 SE');
      await settled();
      await finish();
      vi.advanceTimersByTime(90);
      void send('1');
      await settled();
      await finish();
      vi.advanceTimersByTime(90);
      await settled();
      expect(answered).toEqual(['1 S', '1']);
      vi.advanceTimersByTime(20);
      await settled();
      expect(last()).toEqual(['2 SE']);
      expect(() => send('1')).toThrow(
        "inference request for sequence 1 to model 'm' must specify the START flag on the first request of the sequence",
      );
    },
  );

  it('refuses a whole sequence that waits longer than one of its requests allows', async () => {
    const { send, finish, last, answered, failures } = await prepare(IDLE, 1);
    for (const what of ['1 S', '2 S']) void send(what);
    void send('2', { timeout: 5_000 });
    void send('3 SE', { timeout: 900_000 });
    await settled();
    vi.advanceTimersByTime(6);
    await settled();
    const late = 'timeout of the corresponding sequence has been expired';
    expect(answered).toEqual([`2 S: ${late}`, `2: ${late}`]);
    expect(failures()).toBe(2);
    void send('1 E');
    await finish();
    await finish();
    expect(last()).toEqual(['3 SE']);
  });

  it.each([
    ['TYPE_STRING', '1 S', 'TYPE_UINT64'],
    ['TYPE_UINT64', "'a' S", 'TYPE_STRING'],
  ])('refuses ids of the other kind if the model takes %s', async (expected, what, given) => {
    const id = `control_input { name: "ID" control { kind: CONTROL_SEQUENCE_CORRID data_type: ${expected} } }`;
    const { send } = await prepare(`${IDLE} ${id}`);
    expect(() => send(what)).toThrow(
      `[request id: <id_unknown>] sequence batching control 'ID' data-type is '${given}', but model 'm' expects '${expected}'`,
    );
  });

  it('warns of a sequence that starts twice, and continues with it', async () => {
    const { send, finish, last, warnings } = await prepare(IDLE);
    void send('1 S');
    void send('1 S');
    await settled();
    expect(warnings).toEqual([
      "sequence 1 for model 'm' has a conflict. The previous sequence did not end before this sequence start. Previous sequence will be terminated early.",
    ]);
    await finish();
    expect(last()).toEqual(['1 S']);
  });

  it.each([
    ['', [['1 S'], ['2 S']]],
    ['oldest { max_candidate_sequences: 1 }', [['1 S'], ['2 S']]],
  ])('ends a sequence whose waiting request is taken back: %s', async (strategy, batches) => {
    const { send, running, finish, answered } = await prepare(`${IDLE} ${strategy}`, 1);
    const cancellation: Cancellation = { cancel: undefined };
    void send('1 S');
    await settled();
    void send('1', { cancellation });
    void send('1');
    void send('2 S');
    cancellation.cancel?.();
    await finish();
    expect(answered).toEqual(['1 S', '1: ', '1: ']);
    expect(running.map(({ batch }) => batch)).toEqual(batches);
    expect(() => send('1')).toThrow('must specify the START flag');
  });

  it('waits for enough places, but not longer than the delay', async () => {
    const delay = 'direct { max_queue_delay_microseconds: 50000 minimum_slot_utilization: 0.75 }';
    const { send, running, finish, last } = await prepare(`${IDLE} ${delay}`, 4);
    void send('1 S');
    void send('2 S');
    await settled();
    expect(running).toEqual([]);
    vi.advanceTimersByTime(51);
    await settled();
    expect(last()).toEqual(['1 S', '2 S']);
    await finish();
    for (const what of ['1', '2', '3 S']) void send(what);
    await settled();
    expect(last()).toEqual(['1', '2', '3 S']);
  });

  it.each(['', 'oldest { max_candidate_sequences: 2 }'])(
    'runs an iterative sequence until the model is content: %s',
    async (strategy) => {
      const { scheduler, send, finish, last, answered, failures } = await prepare(
        `${IDLE} iterative_sequence: true ${strategy}`,
      );
      void send('0');
      await settled();
      expect(last()).toEqual(['1 S']);
      await finish(RESCHEDULED);
      expect(last()).toEqual(['1']);
      expect(answered).toEqual([]);
      await finish();
      expect(answered).toEqual(['0']);
      // Triton ends such a sequence with a cancelled request, which it counts.
      expect(failures()).toBe(1);
      expect(scheduler.pending).toBe(0);
    },
  );

  it.each(['', 'oldest { max_candidate_sequences: 1 }'])(
    'drains: nothing starts, and what waits is answered at once: %s',
    async (strategy) => {
      const { scheduler, send, finish, answered } = await prepare(`${IDLE} ${strategy}`, 1);
      for (const what of ['1 S', '2 S', '2', '3 S']) void send(what);
      await settled();
      let drained = false;
      void scheduler.drain().then(() => {
        drained = true;
      });
      expect(() => send('4 S')).toThrow('Server is stopping');
      for (const _batch of [1, 2, 3]) {
        await finish();
        expect(drained).toBe(false);
      }
      await finish();
      expect(answered).toEqual(['1 S', '2 S', '2', '3 S']);
      expect(drained).toBe(true);
      expect(vi.getTimerCount()).toBe(0);
    },
  );
});
