import { describe, expect, it } from 'vitest';
import {
  type EmulatorEvent,
  type EmulatorState,
  type EventBody,
  EventBus,
  initialState,
  reduce,
  StateStore,
} from '../../../src/events/index.ts';
import { event as eventSchema } from '../../../src/events/schema.ts';
import {
  ready,
  reloaded,
  reloadFailed,
  request,
  starting,
  timingsOf,
  traceback,
} from '../../helpers/story.ts';

const TIME = '2026-11-24T10:00:00.000Z';

function fold(bodies: readonly EventBody[], state: EmulatorState = initialState): EmulatorState {
  return bodies.reduce<EmulatorState>((before, body) => {
    const event: EmulatorEvent = { v: 1, seq: before.seq + 1, time: TIME, ...body };
    return reduce(before, event);
  }, state);
}

const model = (
  name: string,
  version: string,
  state: 'LOADING' | 'READY' | 'UNAVAILABLE',
  reason = '',
): EventBody => ({
  type: 'model.state',
  model: name,
  version,
  state,
  reason,
});

const timings = timingsOf({ noticeMs: 1, quietMs: 80, warmMs: 20 });
const swap = { kind: 'swap-workers', target: '/p/score.py', reason: 'changed' } as const;
const load = (target: string) => ({ kind: 'load-model', target, reason: 'changed' }) as const;
const unload = (target: string) => ({ kind: 'unload-model', target, reason: 'gone' }) as const;
const error = { code: 'X', message: 'broken', file: '/p/score.py', line: 2 };

describe('reduce', () => {
  it('folds a whole start into what runs', () => {
    const state = fold(ready);
    expect(state).toMatchObject({
      state: 'ready',
      startedAt: TIME,
      pid: 4711,
      deployment: 'script',
      scoringUri: 'http://localhost:6789/score',
      httpUrl: 'http://localhost:8000',
      startMs: 812.3,
      engine: {
        kind: 'embedded',
        version: '2.51.0',
        gpu: null,
        reason: expect.stringContaining('Docker') as string,
      },
      generation: 1,
      stale: false,
      reload: null,
    });
    expect(state.models.map((it) => `${it.name} ${it.version} ${it.state}`)).toEqual([
      'densenet_onnx 2 READY',
      'digits 1 READY',
    ]);
    expect(state.workers).toEqual([
      { pid: 4801, state: 'ready', busy: false },
      { pid: 4802, state: 'ready', busy: false },
    ]);
  });

  it('keeps the very object for events that say nothing about state', () => {
    const state = fold(ready);
    expect(fold([request(), traceback], state)).toBe(state);
  });

  it('ignores what it has folded already, so that a reader may subscribe before asking', () => {
    const state = fold(ready);
    const old: EmulatorEvent = {
      v: 1,
      seq: 1,
      time: TIME,
      type: 'emulator.starting',
      projectDir: '/p',
      pid: 1,
    };
    expect(reduce(state, old)).toBe(state);
  });

  it('survives an event of a kind it has no word for', () => {
    const state = fold(ready);
    const unknown = { v: 1, seq: 999, time: TIME, type: 'weather.changed' } as unknown as EmulatorEvent;
    expect(reduce(state, unknown)).toBe(state);
  });

  it('never changes the state it was given', () => {
    const frozen = deepFreeze(fold(ready));
    expect(() =>
      fold([...reloaded, ...reloadFailed, model('digits', '1', 'UNAVAILABLE', 'unloaded')], frozen),
    ).not.toThrow();
  });
});

describe('models', () => {
  it('are one entry a version, ordered by name and number', () => {
    const state = fold([
      model('b', '2', 'READY'),
      model('a', '10', 'LOADING'),
      model('a', '9', 'READY'),
      model('a', '10', 'READY'),
    ]);
    expect(state.models.map((it) => `${it.name}${it.version}`)).toEqual(['a9', 'a10', 'b2']);
    expect(state.models[1]?.state).toBe('READY');
  });

  it('vanish when unloaded, version by version or as a whole', () => {
    const loaded = [model('a', '1', 'READY'), model('a', '2', 'READY'), model('b', '1', 'READY')];
    expect(fold([...loaded, model('a', '1', 'UNAVAILABLE', 'unloaded')]).models).toHaveLength(2);
    expect(fold([...loaded, model('a', '', 'UNAVAILABLE', 'unloaded')]).models.map((it) => it.name)).toEqual([
      'b',
    ]);
  });

  it('count the restarts of their processes, from each load on', () => {
    const restarted = { ...model('a', '1', 'READY'), restarts: 2 } as EventBody;
    expect(fold([model('a', '1', 'READY'), restarted]).models).toEqual([
      { name: 'a', version: '1', state: 'READY', reason: '', restarts: 2 },
    ]);
    expect(fold([restarted, model('a', '1', 'READY')]).models[0]).not.toHaveProperty('restarts');
  });

  it('stay with their reason when they failed', () => {
    const [failed] = fold([model('a', '1', 'UNAVAILABLE', 'Internal: no such operator')]).models;
    expect(failed).toEqual({
      name: 'a',
      version: '1',
      state: 'UNAVAILABLE',
      reason: 'Internal: no such operator',
    });
  });

  it('without a version make room for their versions', () => {
    const broken = model('a', '', 'UNAVAILABLE', 'Invalid argument: bad config');
    expect(fold([broken]).models).toHaveLength(1);
    expect(fold([broken, model('a', '1', 'READY')]).models.map((it) => it.version)).toEqual(['1']);
    expect(fold([model('a', '1', 'READY'), broken]).models.map((it) => it.version)).toEqual(['', '1']);
  });

  it('keep what they have done until they are unloaded', () => {
    const done = (inferenceCount: number): EventBody => ({
      type: 'model.statistics',
      model: 'a',
      version: '1',
      inferenceCount,
      executionCount: 1,
      failureCount: 0,
      queueMs: 0.1,
      computeMs: 1,
    });
    const loaded = [model('a', '1', 'READY'), done(1), done(5)];
    expect(fold(loaded).statistics).toMatchObject([{ name: 'a', version: '1', inferenceCount: 5 }]);
    expect(fold([...loaded, model('a', '1', 'UNAVAILABLE', 'unloaded')]).statistics).toEqual([]);
  });

  it('are unavailable when the engine ended by itself', () => {
    const state = fold([...ready, { type: 'engine.exited', kind: 'embedded', reason: 'out of memory' }]);
    expect(state.engine?.exited).toBe('out of memory');
    expect(state.models.every((it) => it.state === 'UNAVAILABLE')).toBe(true);
    const back: EventBody = { type: 'engine.starting', kind: 'embedded' };
    expect(fold([back], state).engine).not.toHaveProperty('exited');
  });
});

describe('workers', () => {
  it('are removed when they end, and counted if they ended unexpectedly', () => {
    const died: EventBody = {
      type: 'worker.exited',
      pid: 4801,
      generation: 1,
      exitCode: null,
      signal: 'SIGKILL',
      expected: false,
    };
    const state = fold([...ready, died]);
    expect(state.workers.map((it) => it.pid)).toEqual([4802]);
    expect(state.workersDied).toBe(1);
    expect(fold([...ready, { ...died, expected: true }]).workersDied).toBe(0);
  });

  it('of a warming generation do not make it the one that serves', () => {
    const warming: EventBody[] = [
      { type: 'worker.started', pid: 1, generation: 2 },
      { type: 'worker.ready', pid: 1, generation: 2, initMs: 3 },
    ];
    expect(fold([...ready, ...warming]).generation).toBe(1);
  });
});

describe('progress', () => {
  const progress: EventBody = {
    type: 'environment.progress',
    environment: 'python environment',
    step: 'installing',
    detail: 'numpy (3 of 12)',
  };

  it('is shown until the next step shows that it is over', () => {
    expect(fold([...starting, progress]).progress).toBe('python environment: installing numpy (3 of 12)');
    expect(fold([...starting, progress, model('a', '1', 'LOADING'), request()]).progress).not.toBeNull();
    const over: EventBody[] = [
      { type: 'engine.starting', kind: 'embedded' },
      { type: 'worker.started', pid: 1, generation: 1 },
      { type: 'emulator.stopping', reason: 'q' },
    ];
    for (const event of over) expect(fold([...starting, progress, event]).progress).toBeNull();
  });
});

describe('reloads', () => {
  it('that complete raise the generation and show their bill', () => {
    const state = fold([...ready, ...reloaded]);
    expect(state).toMatchObject({ generation: 2, stale: false, reloads: 1 });
    expect(state.reload).toMatchObject({
      outcome: 'completed',
      causes: ['score.py'],
      timings: { totalMs: 131.7 },
    });
  });

  it('that fail leave the generation, and the emulator stale, until the same target is fixed', () => {
    const failed = fold([...ready, ...reloaded, ...reloadFailed]);
    expect(failed).toMatchObject({
      generation: 2,
      stale: true,
      reload: { outcome: 'failed', error: { line: 27 } },
    });
    const otherThing = fold(
      [{ type: 'reload.completed', generation: 2, actions: [load('digits')], causes: [], timings }],
      failed,
    );
    expect(otherThing).toMatchObject({ stale: true, failures: [{ targets: ['script'] }] });
    const mended = fold(
      [{ type: 'reload.completed', generation: 3, actions: [swap], causes: [], timings }],
      otherThing,
    );
    expect(mended).toMatchObject({ generation: 3, stale: false, failures: [] });
  });

  it('of a model are also cleared by removing it', () => {
    const failed = fold([
      { type: 'reload.failed', generation: 0, actions: [load('a')], causes: [], timings, error },
    ]);
    const removed: EventBody = {
      type: 'reload.completed',
      generation: 0,
      actions: [unload('a')],
      causes: [],
      timings,
    };
    expect(fold([removed], failed).stale).toBe(false);
  });

  it('that fail twice over one thing count as one failure, the newest', () => {
    const fail = (message: string): EventBody => ({
      type: 'reload.failed',
      generation: 1,
      actions: [swap],
      causes: [],
      timings,
      error: { ...error, message },
    });
    const state = fold([fail('first'), fail('second')]);
    expect(state.failures.map((it) => it.error.message)).toEqual(['second']);
  });

  it('that found nothing amiss clear every failure', () => {
    const failed = fold([
      { type: 'reload.failed', generation: 1, actions: [load('a')], causes: [], timings, error },
    ]);
    const nothing: EventBody = { type: 'reload.completed', generation: 1, actions: [], causes: [], timings };
    expect(fold([nothing], failed)).toMatchObject({ stale: false, reloads: 0 });
  });
});

describe('StateStore', () => {
  it('follows a bus until disposed of, with a version that rises with changes only', () => {
    const bus = new EventBus();
    const store = new StateStore(bus);
    for (const event of ready) bus.emit(event);
    expect(store.state.state).toBe('ready');
    const { version } = store;
    bus.emit(request());
    expect(store.version).toBe(version);
    bus.emit({ type: 'emulator.stopping', reason: 'q' });
    expect(store.version).toBe(version + 1);
    store[Symbol.dispose]();
    bus.emit({ type: 'emulator.stopped', exitCode: 0 });
    expect(store.state.state).toBe('stopping');
  });
});

it('accepts the events of the test story under the published schema', () => {
  for (const body of [...ready, ...reloaded, ...reloadFailed, traceback, request()]) {
    expect(() => eventSchema.parse({ v: 1, seq: 1, time: TIME, ...body })).not.toThrow();
  }
});

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part);
    Object.freeze(value);
  }
  return value;
}
