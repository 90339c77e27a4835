// What goes through a model's queue: the same requests at the same times on both servers.
import { infer, input } from './cases/case.ts';
import type { WireRequest } from './exchange.ts';
import type { TimedRequest } from './played.ts';

export interface SchedulingCase {
  /** Of the model too. */
  readonly name: string;
  /** The part of `config.pbtxt` that the case is about. */
  readonly scheduling: string;
  readonly requests: readonly TimedRequest[];
}

interface Asked {
  /** What the model takes for it. */
  readonly milliseconds?: number;
  readonly batch?: number;
  /** Of the variable dimension. */
  readonly width?: number;
  readonly id?: string;
  readonly priority?: number;
  /** Microseconds. */
  readonly timeout?: number;
}

const HOLD_MS = 800;
const FIRST_MS = 200;
const APART_MS = 40;

/** One request that occupies the instance, then these one after another while it does. */
function behindOne(name: string, scheduling: string, ...asked: Asked[]): SchedulingCase {
  const requests = asked.map((each, index) => ({
    at: FIRST_MS + APART_MS * index,
    request: asking(name, each),
  }));
  return {
    name,
    scheduling,
    requests: [{ at: 0, request: asking(name, { milliseconds: HOLD_MS }) }, ...requests],
  };
}

function asking(model: string, asked: Asked): WireRequest {
  const { milliseconds = 40, batch = 1, width = 1, id, priority, timeout } = asked;
  const data = Array.from({ length: batch * width }, () => milliseconds);
  const inputs = [input('INPUT0', 'INT32', [batch, width], data)];
  return infer(model, { id, parameters: { priority, timeout }, inputs });
}

const dynamic = (fields: string, maxBatchSize = 8) =>
  `max_batch_size: ${maxBatchSize}\ndynamic_batching { ${fields} }`;
const oneByOne = (fields: string) => dynamic(fields, 1);
const rejecting = (timeoutUs: number, fields = '') =>
  `default_queue_policy { timeout_action: REJECT default_timeout_microseconds: ${timeoutUs} ${fields} }`;
const named = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id }));

const PRIORITY_POLICIES =
  'priority_levels: 2 default_priority_level: 1 ' +
  `${rejecting(100_000)} priority_queue_policy { key: 2 value { max_queue_size: 1 } }`;

export const SCHEDULING_CASES: readonly SchedulingCase[] = [
  behindOne('default', 'max_batch_size: 8', {}, {}, { batch: 3 }),
  behindOne('dynamic', dynamic(''), {}, {}, {}, {}),
  behindOne('dynamic_sizes', dynamic(''), { batch: 3 }, { batch: 4 }, { batch: 2 }, { batch: 6 }, {}),
  behindOne('dynamic_shapes', dynamic(''), {}, { width: 2 }, { width: 2 }, {}, {}),
  behindOne('preferred', dynamic('preferred_batch_size: [ 2, 4 ]'), {}, {}, {}, {}, {}, {}, {}),
  behindOne('delay', dynamic('max_queue_delay_microseconds: 300000'), {}, {}, {}),
  behindOne('delay_full', dynamic('max_queue_delay_microseconds: 5000000'), { batch: 3 }, { batch: 4 }),
  behindOne(
    'delay_preferred',
    dynamic('preferred_batch_size: [ 4 ] max_queue_delay_microseconds: 400000'),
    ...[{}, {}, {}, {}, {}, {}],
  ),
  behindOne(
    'delay_over',
    dynamic('preferred_batch_size: [ 4 ] max_queue_delay_microseconds: 100000'),
    ...[{}, {}, {}, {}, {}, {}],
  ),
  behindOne('preferred_outgrown', dynamic('preferred_batch_size: [ 4 ]'), { batch: 3 }, { batch: 3 }, {}),
  {
    name: 'reject_in_delay',
    scheduling: dynamic(`max_queue_delay_microseconds: 1500000 ${rejecting(300_000)}`),
    requests: [0, 100].map((at) => ({ at, request: asking('reject_in_delay', {}) })),
  },
  behindOne('queue_size', dynamic('default_queue_policy { max_queue_size: 2 }'), ...named),
  behindOne('queue_size_alone', oneByOne('default_queue_policy { max_queue_size: 2 }'), ...named, {}),
  behindOne('reject', dynamic(rejecting(100_000)), { id: 'a' }, {}, {}),
  behindOne('reject_alone', oneByOne(rejecting(100_000)), { id: 'a' }, {}),
  behindOne(
    'delay_late',
    oneByOne(
      'default_queue_policy { timeout_action: DELAY default_timeout_microseconds: 3000000 allow_timeout_override: true }',
    ),
    { timeout: 50_000 },
    {},
    { timeout: 50_000 },
    {},
  ),
  behindOne(
    'override',
    oneByOne(rejecting(3_000_000, 'allow_timeout_override: true')),
    { timeout: 50_000 },
    {},
    { timeout: 50_000 },
    { timeout: 5_000_000 },
  ),
  behindOne('no_override', oneByOne(rejecting(3_000_000)), { timeout: 50_000 }, { timeout: 50_000 }),
  behindOne(
    'override_without_default',
    oneByOne('default_queue_policy { allow_timeout_override: true }'),
    { timeout: 50_000 },
    { timeout: 50_000 },
  ),
  behindOne(
    'priorities',
    oneByOne('priority_levels: 3 default_priority_level: 2'),
    ...[3, 3, 0, 1, 9, 1].map((priority) => ({ priority })),
  ),
  behindOne(
    'priority_batches',
    dynamic('priority_levels: 2 default_priority_level: 1'),
    ...[2, 2, 0, 1, 2].map((priority) => ({ priority })),
  ),
  behindOne(
    'priority_policies',
    oneByOne(PRIORITY_POLICIES),
    ...[2, 2, 2, 0, 1, 2].map((priority) => ({ priority })),
  ),
  behindOne('failing', oneByOne(''), { milliseconds: -1 }, {}, { milliseconds: -2 }),
];

/** The cases whose requests come out in batches of other sizes, and why that is meant. */
export const BATCHED_OTHERWISE = {
  cases: ['preferred_outgrown'],
  reason:
    'While every instance is busy, Triton sets one batch aside and lets it grow, past preferred sizes too; ours forms a batch when an instance is free, from all that waits then.',
};
