// Sequences, played at the same times to models on both servers.
import { request, type WireRequest } from '../exchange.ts';
import type { TimedRequest } from '../played.ts';
import { infer } from '../shared-repository.ts';
import { controls, type SequenceModel } from './sequence-models.ts';

/** One request of a sequence. */
export interface Step {
  /** Milliseconds after the first; without it a little after the one before. */
  readonly at?: number;
  readonly id?: number | string | bigint | undefined;
  readonly flags?: 'start' | 'end' | 'both';
  /** What the model takes for it, in milliseconds; negative fails. */
  readonly takes?: number;
  readonly width?: number;
  readonly rows?: number;
  /** Of the request. */
  readonly name?: string;
  /** Further parameters. */
  readonly more?: Readonly<Record<string, unknown>>;
  readonly verb?: 'generate_stream' | 'generate';
}

const APART_MS = 60;

/** The requests of a script for a model. */
export function timed(
  model: string,
  { maxBatchSize = 4 }: SequenceModel,
  steps: readonly Step[],
): TimedRequest[] {
  let next = 0;
  return steps.map((step) => {
    const at = step.at ?? next;
    next = at + APART_MS;
    return { at, request: asking(model, maxBatchSize > 0, step) };
  });
}

function asking(model: string, batches: boolean, step: Step): WireRequest {
  const { id, flags, takes = 5, width = 1, rows = 1, name, more, verb } = step;
  const parameters = {
    ...(id === undefined ? {} : { sequence_id: typeof id === 'bigint' ? `#${id}#` : id }),
    ...(flags === 'start' || flags === 'both' ? { sequence_start: true } : {}),
    ...(flags === 'end' || flags === 'both' ? { sequence_end: true } : {}),
    ...more,
  };
  if (verb) return infer(model, { INPUT: takes, ...parameters }, verb);
  const shape = batches ? [rows, width] : [width];
  const data = Array.from({ length: rows * width }, () => takes);
  const body = {
    ...(name ? { id: name } : {}),
    parameters,
    inputs: [{ name: 'INPUT', datatype: 'INT32', shape, data }],
  };
  // Ids of 64 bits do not fit into the numbers of JSON.stringify.
  const text = JSON.stringify(body).replace(/"#(\d+)#"/, '$1');
  return request('POST', `/v2/models/${model}/infer`, text);
}

/** A request that occupies the model, then others one after another while it does. */
const HOLD_MS = 900;
const behind = (first: Step, ...others: readonly Step[]): readonly Step[] => [
  { takes: HOLD_MS, ...first },
  ...others.map((step, index) => (index === 0 ? { at: 200, ...step } : step)),
];
const start = (id: Step['id'], more: Partial<Step> = {}): Step => ({ id, flags: 'start', ...more });
const go = (id: Step['id'], more: Partial<Step> = {}): Step => ({ id, ...more });
const end = (id: Step['id'], more: Partial<Step> = {}): Step => ({ id, flags: 'end', ...more });
const both = (id: Step['id'], more: Partial<Step> = {}): Step => ({ id, flags: 'both', ...more });
/** Once what went before is answered, far from each other. */
const later = (...steps: readonly Step[]) =>
  steps.map((step, index) => ({ ...step, at: HOLD_MS + 400 + index * 200 }));
const timeout = (microseconds: number) => ({ more: { timeout: microseconds } });

const IDLE = 'max_sequence_idle_microseconds: 20000000';
const SHORT_IDLE = 'max_sequence_idle_microseconds: 600000';

interface PlayedModel extends SequenceModel {
  /** Played one after another; each ends what it starts. */
  readonly scripts: Readonly<Record<string, readonly Step[]>>;
}

/** Far enough from each other to meet in no batch. */
const apart = (...steps: readonly Step[]) => steps.map((step, index) => ({ ...step, at: index * 250 }));
const ids = (...given: readonly Step['id'][]) => apart(...given.map((id) => both(id)));

const ONE_SLOT: PlayedModel['scripts'] = {
  'one sequence': [start(1), go(1), go(1), end(1)],
  'another waits for the first to end': behind(start(1), start(2), go(2), end(1), end(2)),
  'three wait in their order': behind(start(1), both(2), both(3), both(4), end(1)),
  'one that waits too long': [
    ...behind(start(1), start(2, timeout(100_000)), go(2)),
    ...later(end(1), go(2), both(3)),
  ],
  'a timeout of a later request': [
    ...behind(start(1), start(2), go(2, timeout(100_000)), both(3)),
    ...later(end(1)),
  ],
};

const ORDERS: PlayedModel['scripts'] = {
  'the requests of a sequence one at a time': behind(start(1), go(1), go(1), end(1)),
  'sequences side by side': [
    ...behind(start(1), start(2), start(3), go(2), go(1), end(3)),
    ...later(end(1), end(2)),
  ],
  'started twice': [...behind(start(1), start(1), go(1)), ...later(end(1))],
  'started again behind its end': behind(start(1), end(1), start(1), go(1), end(1)),
  'a request that fails': [start(1), go(1, { takes: -1 }), go(1), end(1)],
  'a start that fails': [start(1, { takes: -1 }), go(1), end(1)],
  'an end that fails': [start(1), end(1, { takes: -1 }), go(1), start(1), end(1)],
};

/** Models with the scripts that are played to each. */
export const SEQUENCE_MODELS: Readonly<Record<string, PlayedModel>> = {
  direct: {
    batching: `${IDLE} ${controls()}`,
    scripts: {
      'start, continue, end': [start(7), go(7), go(7), end(7)],
      'start and end at once': [both(7), both(7)],
      'not started': [go(5), end(5)],
      ended: [start(5), end(5), go(5), end(5)],
      'without an id': [{}, { flags: 'start' }, { flags: 'both', name: 'me' }],
      'ids that stand for none': ids(0, ''),
      'ids of 64 bits': ids(9007199254740993n, 9223372036854775808n, 18446744073709551615n),
      'an id that is too large': ids(18446744073709551616n),
      'ids that are none': ids(-1, 1.5),
      'a string that is too long': ids('x'.repeat(129)),
      'flags that are none': [
        { id: 1, more: { sequence_start: 1 } },
        { id: 1, more: { sequence_end: 'yes' } },
      ],
      'two rows': [start(1, { rows: 2 }), start(1, { rows: 2, name: 'me' }), start(1, { rows: 5 })],
      'a batch of four': [
        ...behind(start(1), start(2), start(3), start(4), go(1)),
        ...later(end(2), end(1), end(4), end(3)),
      ],
      'a fifth waits': [
        ...behind(start(1), start(2), start(3), start(4), start(5), go(5), both(6)),
        ...later(end(2), end(3), end(1), end(5), end(4)),
      ],
      ...ORDERS,
    },
  },
  direct_one: { batching: `${IDLE} ${controls()}`, maxBatchSize: 1, scripts: ONE_SLOT },
  direct_unbatched: {
    batching: `${IDLE} ${controls()}`,
    maxBatchSize: 0,
    scripts: { ...ONE_SLOT, 'a request that fails': [start(1), go(1, { takes: -1 }), end(1)] },
  },
  direct_delay: {
    batching: `${IDLE} ${controls()} direct { max_queue_delay_microseconds: 600000 minimum_slot_utilization: 0.6 }`,
    scripts: {
      'alone waits for the delay': [both(1)],
      'enough of the slots': [both(1), both(2), both(3)],
      'the delay is over': [both(1), both(2, { at: 300 })],
    },
  },
  direct_no_delay: {
    batching: `${IDLE} direct { max_queue_delay_microseconds: 600000 }`,
    scripts: { 'a delay without utilization': [both(1)] },
  },
  idle: {
    batching: `${SHORT_IDLE} ${controls()}`,
    maxBatchSize: 1,
    scripts: {
      'is closed': [start(1), go(1, { at: 1_400 }), end(1), start(1), end(1)],
      'gives its slot to the next': [start(1), both(2), go(1, { at: 1_500 })],
      'lives while requests come': [start(1), go(1, { at: 350 }), go(1, { at: 700 }), end(1, { at: 1_050 })],
      'while its request runs': [start(1, { takes: 1_000 }), go(1), both(2), ...later(end(1))],
    },
  },
  idle_oldest: {
    batching: `${SHORT_IDLE} ${controls()} oldest { max_candidate_sequences: 1 }`,
    scripts: {
      'is closed': [start(1), go(1, { at: 1_400 }), start(1), end(1)],
      'gives its slot to the next': [start(1), both(2), go(1, { at: 1_500 })],
    },
  },
  oldest: {
    batching: `${IDLE} ${controls()} oldest { max_candidate_sequences: 3 }`,
    scripts: {
      ...ORDERS,
      'a fourth waits': [
        ...behind(start(1), start(2), start(3), start(4), go(4)),
        ...later(end(2), end(1), end(3), end(4)),
      ],
      'one that waits too long': [
        ...behind(start(1), start(2), start(3), start(4, timeout(100_000))),
        ...later(end(1), end(2), end(3)),
      ],
    },
  },
  oldest_default: {
    batching: `${IDLE} oldest { }`,
    scripts: { 'as many as a batch': ORDERS['sequences side by side'] ?? [] },
  },
  oldest_delay: {
    batching: `${IDLE} oldest { max_candidate_sequences: 4 preferred_batch_size: [ 2 ] max_queue_delay_microseconds: 400000 }`,
    scripts: {
      'the delay is over': [both(1)],
      'a preferred size': [both(1), both(2)],
      'more than one preferred size': behind(both(1), both(2), both(3), both(4)),
    },
  },
  oldest_ordered: {
    batching: `${IDLE} oldest { max_candidate_sequences: 4 preserve_ordering: true }`,
    more: 'instance_group { count: 1 kind: KIND_CPU }',
    scripts: { 'sequences side by side': ORDERS['sequences side by side'] ?? [] },
  },
  oldest_unbatched: {
    batching: `${IDLE} ${controls()} oldest { max_candidate_sequences: 2 }`,
    maxBatchSize: 0,
    scripts: {
      'two candidates': [...behind(start(1), start(2), start(3), go(1), end(2)), ...later(end(1), end(3))],
    },
  },
  ids_uint32: {
    batching: `${IDLE} ${controls('TYPE_UINT32')}`,
    scripts: { 'cut to 32 bits': ids(7, 1099511627781, 18446744073709551615n) },
  },
  ids_int32: {
    batching: `${IDLE} ${controls('TYPE_INT32')}`,
    scripts: { 'cut to 32 bits': ids(7, 4294967295, 1099511627781) },
  },
  ids_int64: {
    batching: `${IDLE} ${controls('TYPE_INT64')}`,
    scripts: { 'of 64 bits': ids(7, 18446744073709551615n) },
  },
  no_controls: {
    batching: IDLE,
    scripts: {
      'numbers and strings': apart(start(7), start('7'), go('7'), go(7), end('7'), end(7), go('7'), go(7)),
      'strings of any kind': ids('a', 'ä b', 'x'.repeat(128)),
      'a string that was not started': [go('word'), end('word')],
    },
  },
  control_types: {
    batching: `${IDLE}
control_input { name: "S" control { kind: CONTROL_SEQUENCE_START bool_false_true: [ true, false ] } }
control_input { name: "E" control { kind: CONTROL_SEQUENCE_END int32_false_true: [ 5, -7 ] } }
control_input { name: "R" control { kind: CONTROL_SEQUENCE_READY fp32_false_true: [ 0.5, -1 ] } }`,
    scripts: { 'values of their own': apart(start(1), go(1), both(2), end(1)) },
  },
  shapes: {
    batching: `${IDLE} ${controls()}`,
    dims: -1,
    scripts: {
      'other shapes run later': [
        ...behind(start(1), start(2, { width: 2 }), start(3), go(1)),
        ...later(end(2, { width: 2 }), end(1), end(3, { width: 3 })),
      ],
    },
  },
  shapes_oldest: {
    batching: `${IDLE} oldest { max_candidate_sequences: 4 }`,
    dims: -1,
    scripts: {
      'other shapes run apart': behind(both(1), both(2, { width: 2 }), both(3, { width: 2 }), both(4)),
    },
  },
  states: {
    batching: `${IDLE}
state { input_name: "A" output_name: "A2" data_type: TYPE_INT32 dims: [ 2 ] initial_state { name: "zeros" data_type: TYPE_INT32 dims: [ 2 ] zero_data: true } }
state { input_name: "D" output_name: "D2" data_type: TYPE_INT32 dims: [ 1 ] use_same_buffer_for_input_output: true initial_state { name: "more" data_type: TYPE_INT32 dims: [ 1 ] data_file: "long" } }`,
    files: { 'initial_state/long': '\u0001\0\0\0rest' },
    scripts: { 'that nobody gives back': [start(1), go(1), end(1)] },
  },
  string_state: {
    batching: `${IDLE}
state { input_name: "B" output_name: "B2" data_type: TYPE_STRING dims: [ 1 ] initial_state { name: "file" data_type: TYPE_STRING dims: [ 1 ] data_file: "word" } }`,
    files: { 'initial_state/word': '\u0002\0\0\0hi' },
    scripts: { 'from a file': [start(1), go(1), end(1)] },
  },
  two_instances: {
    batching: `${IDLE} ${controls()}`,
    maxBatchSize: 1,
    more: 'instance_group { count: 2 kind: KIND_CPU }',
    scripts: {
      'two at a time': [
        ...behind(start(1), start(2, { takes: 200 }), start(3), go(2), end(2)),
        ...later(end(1), end(3)),
      ],
    },
  },
  iterative: {
    batching: `${IDLE} iterative_sequence: true`,
    iterates: true,
    scripts: {
      'as often as it asks': [{ takes: 1 }, { takes: 3, at: 200 }],
      'with an id': [start(5, { takes: 2 }), go(5, { at: 300 }), go(6)],
    },
  },
  iterative_oldest: {
    batching: `${IDLE} iterative_sequence: true oldest { max_candidate_sequences: 2 }`,
    iterates: true,
    scripts: {
      'as often as it asks': [{ takes: 3 }, { takes: 2, at: 900 }, start(5, { takes: 2, at: 1_800 })],
    },
  },
  iterative_stream: {
    batching: `${IDLE} iterative_sequence: true`,
    more: 'model_transaction_policy { decoupled: true }',
    iterates: true,
    scripts: {
      'a response each time': [
        { takes: 3, verb: 'generate_stream' },
        { takes: 1, verb: 'generate_stream', at: 300 },
      ],
    },
  },
  iterative_stream_oldest: {
    batching: `${IDLE} iterative_sequence: true oldest { max_candidate_sequences: 4 }`,
    more: 'model_transaction_policy { decoupled: true }',
    iterates: true,
    scripts: { 'a response each time': [{ takes: 4, verb: 'generate_stream' }] },
  },
};

/** The scripts whose requests meet in other batches, and why that is meant. */
export const SEQUENCES_BATCHED_OTHERWISE = {
  scripts: [
    'oldest: sequences side by side',
    'oldest: started again behind its end',
    'oldest_default: as many as a batch',
    'oldest_ordered: sequences side by side',
    'shapes_oldest: other shapes run apart',
  ],
  reason:
    'While an instance is busy, Triton sets one batch aside, and the next request of a sequence that was just answered is not in it; ours forms the batch when the instance is free.',
};

/** How many scripts are played. */
export const SEQUENCE_SCRIPTS = Object.values(SEQUENCE_MODELS).reduce(
  (sum, { scripts }) => sum + Object.keys(scripts).length,
  0,
);
