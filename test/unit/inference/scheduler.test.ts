import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelInstance } from '../../../src/inference/backends/backend.ts';
import { type ExecutionResult, tensorInstance } from '../../../src/inference/backends/tensor-instance.ts';
import type { Cancellation } from '../../../src/inference/cancellation.ts';
import { batchLayoutOf } from '../../../src/inference/scheduling/batch-layout.ts';
import { Scheduler } from '../../../src/inference/scheduling/scheduler.ts';
import { ModelStatistics } from '../../../src/inference/statistics.ts';
import type { Tensor } from '../../../src/kserve/index.ts';
import { parseModelConfigText } from '../../../src/repository/index.ts';
import { inferRequest } from '../../helpers/infer-request.ts';

/** What an answer sets off is planned in one turn of the event loop and runs in the next. */
const settled = async () => {
  await turn();
  await turn();
};

const tensor = (rows: number, value: number): Tensor => ({
  name: 'X',
  datatype: 'UINT8',
  shape: [rows, 1],
  data: new Uint8Array(rows).fill(value),
});

interface Execution {
  readonly rows: number[];
  finish(): void;
  fail(error: Error): void;
}

const LAYOUT = batchLayoutOf(parseModelConfigText('max_batch_size: 8', 'config.pbtxt'));

/** Instances that run until the test ends them, and return their input. */
class Instances {
  readonly running: Execution[] = [];
  readonly list: readonly ModelInstance[];

  constructor(count: number) {
    this.list = Array.from({ length: count }, () =>
      tensorInstance(
        LAYOUT,
        ({ inputs }) =>
          new Promise<ExecutionResult>((resolve, reject) => {
            this.running.push({
              rows: [...(inputs[0]?.data ?? [])],
              finish: () =>
                resolve({ outputs: inputs, computeInputNs: 1, computeInferNs: 1, computeOutputNs: 1 }),
              fail: reject,
            });
          }),
      ),
    );
  }
}

describe('Scheduler', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const prepare = (config: string, instances = 1) => {
    const set = new Instances(instances);
    const statistics = new ModelStatistics();
    const scheduler = new Scheduler(parseModelConfigText(config, 'config.pbtxt'), set.list, statistics);
    const order: string[] = [];
    const send = (
      id: string,
      extra: {
        rows?: number;
        shapeKey?: string;
        priority?: number;
        timeout?: number;
        cancellation?: Cancellation;
      } = {},
    ) => {
      const { rows = 1, shapeKey = '', priority = 0, timeout = 0, cancellation } = extra;
      const inputs = [tensor(rows, Number(id))];
      return scheduler
        .schedule(
          {
            request: inferRequest({ id, priority, timeout }),
            inputs,
            batchSize: rows,
            shapeKey,
            onResponse: undefined,
            onExecuted: undefined,
          },
          cancellation,
        )
        .then(
          () => order.push(id),
          (error: Error) => order.push(`${id}: ${error.message}`),
        );
    };
    const report = () =>
      statistics.report('m', '1') as {
        inference_count: number;
        execution_count: number;
        inference_stats: { success: { count: number }; fail: { count: number } };
      };
    return { ...set, running: set.running, scheduler, send, order, report };
  };
  const batching = (rest = '', size = 4) => `max_batch_size: ${size} dynamic_batching { ${rest} }`;

  it('runs requests one by one if the model does not batch dynamically', async () => {
    const { send, running } = prepare('max_batch_size: 4', 2);
    for (const id of ['1', '2', '3']) void send(id);
    await settled();
    expect(running.map(({ rows }) => rows)).toEqual([[1], [2]]);
    running[0]?.finish();
    await settled();
    expect(running[2]?.rows).toEqual([3]);
  });

  it('merges what waits up to the largest batch, and splits no request', async () => {
    const { send, running, order, report } = prepare(batching());
    void send('1', { rows: 2 });
    void send('2');
    const third = send('3', { rows: 3 });
    await settled();
    expect(running[0]?.rows).toEqual([1, 1, 2]);
    running[0]?.finish();
    await settled();
    running[1]?.finish();
    await third;
    expect(order).toEqual(['1', '2', '3']);
    expect(report()).toMatchObject({ inference_count: 6, execution_count: 2 });
  });

  it('never merges requests of different shapes', async () => {
    const { send, running } = prepare(batching());
    void send('1', { shapeKey: 'X:2' });
    void send('2', { shapeKey: 'X:3' });
    void send('3', { shapeKey: 'X:2' });
    await settled();
    expect(running[0]?.rows).toEqual([1]);
  });

  it('fails every request of a batch that fails, and counts each', async () => {
    const { send, running, order, report } = prepare(batching());
    const both = [send('1'), send('2')];
    await settled();
    running[0]?.fail(new Error('broken'));
    await Promise.all(both);
    expect(order).toEqual(['1: broken', '2: broken']);
    expect(report().inference_stats).toMatchObject({ success: { count: 0 }, fail: { count: 2 } });
  });

  it('refuses what a full queue cannot take, and counts it nowhere', async () => {
    const { send, running, report } = prepare(batching('default_queue_policy { max_queue_size: 1 }', 2));
    const first = send('1', { rows: 2 });
    await settled();
    void send('2', { rows: 2 });
    expect(() => send('3')).toThrow('[request id: 3] Exceeds maximum queue size');
    running[0]?.finish();
    await first;
    expect(report().inference_stats).toMatchObject({ success: { count: 1 }, fail: { count: 0 } });
  });

  it.each([
    ['REJECT', ['2: Request timeout expired', '1', '3'], [1, 3]],
    ['DELAY', ['1', '3', '2'], [1, 3, 2]],
  ])('does %s with what waited too long', async (action, answers, runs) => {
    const policy = `default_queue_policy { timeout_action: ${action} default_timeout_microseconds: 5000 allow_timeout_override: true }`;
    const { send, running, order } = prepare(batching(policy, 2));
    const sent = [send('1', { rows: 2 })];
    await settled();
    sent.push(send('2', { rows: 2, timeout: 1_000 }), send('3', { rows: 2, timeout: 900_000 }));
    vi.advanceTimersByTime(2);
    for (const index of [0, 1, 2]) {
      running[index]?.finish();
      await settled();
    }
    await Promise.all(sent);
    expect(order.sort()).toEqual([...answers].sort());
    expect(running.map(({ rows }) => rows[0])).toEqual(runs);
  });

  it('refuses in time what waits for others to be batched with, and counts it as failed', async () => {
    const { send, running, order, report } = prepare(
      batching(
        'max_queue_delay_microseconds: 9000 default_queue_policy { default_timeout_microseconds: 2000 }',
      ),
    );
    const refused = send('1');
    await settled();
    vi.advanceTimersByTime(2);
    await refused;
    expect(order).toEqual(['1: Request timeout expired']);
    expect(running).toEqual([]);
    expect(report().inference_stats).toMatchObject({ success: { count: 0 }, fail: { count: 1 } });
  });

  it('lets a request shorten its timeout only if the policy allows it', async () => {
    const { send, running, order } = prepare(
      batching('default_queue_policy { default_timeout_microseconds: 5000 }', 2),
    );
    const first = send('1', { rows: 2 });
    await settled();
    const second = send('2', { rows: 2, timeout: 1_000 });
    vi.advanceTimersByTime(2);
    running[0]?.finish();
    await first;
    await settled();
    running[1]?.finish();
    await second;
    expect(order).toEqual(['1', '2']);
  });

  it('serves the highest priority first, and takes what is out of range for the default', async () => {
    const { send, running } = prepare(batching('priority_levels: 3 default_priority_level: 2', 2));
    void send('1', { rows: 2 });
    await settled();
    const waiting = [
      ['2', 3],
      ['3', 0],
      ['4', 1],
      ['5', 9],
    ] as const;
    for (const [id, priority] of waiting) void send(id, { rows: 2, priority });
    for (const index of [0, 1, 2, 3]) {
      running[index]?.finish();
      await settled();
    }
    expect(running.map(({ rows }) => rows[0])).toEqual([1, 4, 3, 5, 2]);
  });

  it.each([
    [true, ['1', '2']],
    [false, ['2', '1']],
  ])('with preserve_ordering %s answers in the order %j', async (ordered, expected) => {
    const { send, running, order } = prepare(batching(`preserve_ordering: ${ordered}`, 2), 2);
    const both = [send('1', { rows: 2 }), send('2', { rows: 2 })];
    await settled();
    running[1]?.finish();
    await settled();
    running[0]?.finish();
    await Promise.all(both);
    expect(order).toEqual(expected);
  });

  it('takes a request back that waits, and drains', async () => {
    const { send, running, order, scheduler } = prepare('max_batch_size: 1');
    const cancellation: Cancellation = { cancel: undefined };
    const first = send('1');
    await settled();
    const second = send('2', { cancellation });
    cancellation.cancel?.();
    await second;
    const drained = scheduler.drain();
    expect(() => send('3')).toThrow('Server is stopping, scheduler for model has stopped accepting');
    running[0]?.finish();
    await Promise.all([first, drained]);
    expect(order).toEqual(['2: ', '1']);
  });
});
