// What is sent over ModelStreamInfer, by name.
import { frame } from '../../../../helpers/grpc-call.ts';
import { type Inference, inference, input, ints, strings } from '../cases/case.ts';
import type { Step } from './stream-models.ts';

/** What a stream sends: messages are encoded and framed, bytes are sent as they stand. */
export interface StreamScript {
  readonly sends: readonly (object | Buffer)[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Waits for so many answers before the next message is sent. */
  readonly inTurns?: boolean;
  /** Answers of different requests may come in any order. */
  readonly unordered?: boolean;
}

/** A request to a model that does these steps. */
export function steps(model: string, does: readonly Step[], more: Partial<Inference> = {}): object {
  return inference(model, {
    inputs: [input('STEPS', 'BYTES', [1])],
    raw: [strings(JSON.stringify(does))],
    ...more,
  });
}

const FINAL = 'triton_enable_empty_final_response';
const final = (on: boolean) => ({ [FINAL]: { bool_param: on } });

const DECOUPLED: Readonly<Record<string, readonly Step[]>> = {
  nothing: [],
  one: [{ send: [1] }],
  three: [{ send: [1] }, { send: [2, 3] }, { send: [] }],
  'one with the final flag': [{ last: [1] }],
  'three, the last with the final flag': [{ send: [1] }, { send: [2] }, { last: [3] }],
  'no outputs': [{ nothing: true }],
  'an error': [{ error: 'as asked' }],
  'an error of each code': [
    { error: 'a', code: 'INVALID_ARG' },
    { error: 'b', code: 'NOT_FOUND' },
    { error: 'c', code: 'UNAVAILABLE' },
  ],
  'an error between answers': [{ send: [1] }, { error: 'in the middle' }, { send: [2] }],
  'an exception': [{ raise: 'boom' }],
  'an exception behind an answer': [{ send: [1] }, { raise: 'boom' }],
  'answers with pauses': [{ send: [1] }, { sleep: 30 }, { send: [2] }, { sleep: 30 }, { send: [3] }],
  'answers behind the final flag': [{ last: [1] }, { send: [2] }],
  'a hundred': Array.from({ length: 100 }, (_none, index) => ({ send: [index] })),
};

const PLAIN: Readonly<Record<string, readonly Step[]>> = {
  one: [{ send: [1, 2] }],
  'no outputs': [{ nothing: true }],
  'an error': [{ error: 'as asked' }],
  'an error that was not found': [{ error: 'as asked', code: 'NOT_FOUND' }],
  'an exception': [{ raise: 'boom' }],
};

const ONE: readonly Step[] = [{ send: [1] }];
const STEPS = [input('STEPS', 'BYTES', [1])];
const RAW = [strings(JSON.stringify(ONE))];

/** Requests with a mistake, one each. */
const MISTAKES: Readonly<Record<string, (model: string) => object>> = {
  'an unknown model': () => steps('nothing', ONE, { id: 'a' }),
  'no model': () => steps('', ONE, { id: 'a' }),
  'an unknown version': (model) => steps(model, ONE, { version: '7', id: 'a' }),
  'a version of letters': (model) => steps(model, ONE, { version: 'x', id: 'a' }),
  'a wrong shape': (model) => inference(model, { inputs: [input('STEPS', 'BYTES', [2])], raw: RAW, id: 'a' }),
  'a wrong datatype': (model) =>
    inference(model, { inputs: [input('STEPS', 'INT32', [1])], raw: [ints(1)], id: 'a' }),
  'no data': (model) => inference(model, { inputs: STEPS, id: 'a' }),
  'no inputs': (model) => inference(model, { id: 'a' }),
  'an unknown input': (model) => inference(model, { inputs: [input('X', 'BYTES', [1])], raw: RAW, id: 'a' }),
  'an unknown output': (model) => steps(model, ONE, { outputs: [{ name: 'X' }], id: 'a' }),
  'contents twice': (model) =>
    inference(model, {
      inputs: [input('STEPS', 'BYTES', [1], { bytes_contents: [Buffer.from('[]')] })],
      raw: RAW,
    }),
  'a reserved parameter': (model) => steps(model, ONE, { parameters: { triton_x: { bool_param: true } } }),
  'a final flag of a number': (model) => steps(model, ONE, { parameters: { [FINAL]: { int64_param: '1' } } }),
  'no id': (model) => inference(model, {}),
  'nothing at all': () => ({}),
};

const numbered = (model: string, count: number, does: (index: number) => readonly Step[], more = {}) =>
  Array.from({ length: count }, (_none, index) => steps(model, does(index), { id: `${index}`, ...more }));

const sequence = (id: object, start: boolean, end: boolean, value = 1) =>
  inference('sequence', {
    inputs: [input('INPUT', 'INT32', [1, 1])],
    raw: [ints(value)],
    parameters: { sequence_id: id, sequence_start: { bool_param: start }, sequence_end: { bool_param: end } },
  });
const ensemble = (id: string, ...shape: number[]) =>
  inference('e_one', {
    id,
    inputs: [input('I', 'FP32', shape)],
    raw: [Buffer.from(Float32Array.of(1, 2).buffer)],
  });

const named = <T>(prefix: string, scripts: Readonly<Record<string, T>>, make: (value: T) => StreamScript) =>
  Object.fromEntries(
    Object.entries(scripts).map(([name, value]) => [`${prefix}: ${name}`, make(value)] as const),
  );

const GARBAGE = frame(Buffer.from('0a09', 'hex'));

export const STREAM_SCRIPTS: Readonly<Record<string, StreamScript>> = {
  ...named('decoupled', DECOUPLED, (does) => ({ sends: [steps('decoupled', does, { id: 'a' })] })),
  ...named('decoupled, empty final response', DECOUPLED, (does) => ({
    sends: [steps('decoupled', does, { id: 'a', parameters: final(true) })],
  })),
  ...named('decoupled, no empty final response', { one: DECOUPLED.one ?? [], none: [] }, (does) => ({
    sends: [steps('decoupled', does, { id: 'a', parameters: final(false) })],
  })),
  ...named('plain', PLAIN, (does) => ({ sends: [steps('plain', does, { id: 'a' })] })),
  ...named('plain, empty final response', PLAIN, (does) => ({
    sends: [steps('plain', does, { id: 'a', parameters: final(true) })],
  })),
  ...named('mistake, decoupled', MISTAKES, (make) => ({ sends: [make('decoupled')] })),
  ...named('mistake, plain', MISTAKES, (make) => ({ sends: [make('plain')] })),
  ...named('mistake, status asked for', MISTAKES, (make) => ({
    sends: [make('plain')],
    headers: { triton_grpc_error: 'true' },
  })),
  ...named('plain, status asked for', PLAIN, (does) => ({
    sends: [steps('plain', does, { id: 'a' })],
    headers: { triton_grpc_error: 'true' },
  })),
  'status asked for: of another value': {
    sends: [steps('nothing', ONE)],
    headers: { triton_grpc_error: 'false' },
  },
  'order: none sent': { sends: [] },
  'order: ten one by one': { sends: numbered('plain', 10, (index) => [{ send: [index] }]), inTurns: true },
  'order: ten at once': { sends: numbered('plain', 10, (index) => [{ send: [index] }]) },
  'order: a slow one before a fast one of another model': {
    sends: [
      steps('plain', [{ sleep: 200 }, { send: [1] }], { id: 'slow' }),
      steps('other', [{ send: [2] }], { id: 'fast' }),
    ],
  },
  'order: a mistake behind a slow one': {
    sends: [
      steps('plain', [{ sleep: 200 }, { send: [1] }], { id: 'slow' }),
      steps('nothing', ONE, { id: 'wrong' }),
    ],
  },
  'order: right, wrong, right': {
    sends: [
      steps('plain', ONE, { id: '1' }),
      steps('plain', ONE, { id: '2', version: '9' }),
      steps('other', ONE, { id: '3' }),
    ],
  },
  'order: the same id three times': {
    sends: [1, 2, 3].map((value) => steps('plain', [{ send: [value] }], { id: 'same' })),
  },
  'order: decoupled ones at once': {
    sends: numbered('decoupled', 5, (index) => [{ send: [index] }, { send: [index + 10] }]),
    unordered: true,
  },
  'order: decoupled ones one by one': {
    sends: numbered('decoupled', 5, (index) => [{ send: [index] }]),
    inTurns: true,
  },
  'order: both kinds at once': {
    sends: [
      ...numbered('plain', 3, (index) => [{ send: [index] }]),
      ...['d0', 'd1', 'd2'].map((id) => steps('decoupled', [{ send: [1] }, { send: [2] }], { id })),
    ],
    unordered: true,
  },
  'ensemble: an answer and a mistake': { sends: [ensemble('a', 1, 2), ensemble('b', 1, 3)], inTurns: true },
  'sequence: by number': {
    sends: [
      sequence({ int64_param: '5' }, true, false),
      sequence({ int64_param: '5' }, false, false, 2),
      sequence({ int64_param: '5' }, false, true, 3),
    ],
    inTurns: true,
  },
  'sequence: not started': { sends: [sequence({ int64_param: '6' }, false, false)] },
  'sequence: of no id': { sends: [sequence({ int64_param: '0' }, true, false)] },
  'sequence: started and ended at once': { sends: [sequence({ int64_param: '7' }, true, true)] },
  'broken: half a message of protobuf': { sends: [GARBAGE] },
  'broken: behind a right one': { sends: [steps('plain', ONE, { id: '1' }), GARBAGE], inTurns: true },
  'broken: half a frame': { sends: [Buffer.from([0, 0, 0, 0, 9, 1])] },
  'broken: half a frame behind a right message': {
    sends: [steps('plain', ONE, { id: '1' }), Buffer.from([0, 0, 0])],
    inTurns: true,
  },
  'broken: a compressed message that is not': {
    sends: [frame(Buffer.from('0a0161', 'hex'), true)],
    headers: { 'grpc-encoding': 'gzip' },
  },
};
