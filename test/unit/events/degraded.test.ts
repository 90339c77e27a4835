import { describe, expect, it } from 'vitest';
import {
  type EmulatorState,
  type EventBody,
  EventBus,
  findBlockers,
  StateStore,
  withNewestFailure,
} from '../../../src/events/index.ts';

const timings = {
  settleMs: 0,
  planMs: 0,
  applyMs: 0,
  totalMs: 0,
  noticeMs: 0,
  quietMs: 0,
  stageMs: 0,
  loadMs: 0,
  warmMs: 0,
  switchMs: 0,
};
const load = (target: string) => ({ kind: 'load-model', target, reason: 'changed' }) as const;
const model = (name: string, state: 'READY' | 'UNAVAILABLE', reason = ''): EventBody => ({
  type: 'model.state',
  model: name,
  version: '1',
  state,
  reason,
});
const failed = (...targets: string[]): EventBody => {
  const [first, ...others] = targets.map((target) => ({
    code: 'MODEL_LOAD_FAILED',
    message: `${target} is broken`,
    target,
  }));
  if (!first) throw new Error('no target');
  return {
    type: 'reload.failed',
    generation: 0,
    actions: targets.map(load),
    causes: [],
    timings,
    error: others.length > 0 ? { ...first, others } : first,
  };
};
const completed = (...targets: string[]): EventBody => ({
  type: 'reload.completed',
  generation: 0,
  actions: targets.map(load),
  causes: [],
  timings,
});
const address = {
  scoringUri: 'http://localhost:1',
  httpUrl: 'http://localhost:2',
  deployment: 'no-code' as const,
};

function stateAfter(...events: readonly EventBody[]): EmulatorState {
  const bus = new EventBus();
  const store = new StateStore(bus);
  bus.emit({ type: 'emulator.starting', projectDir: '/p', pid: 1 });
  for (const event of events) bus.emit(event);
  return store.state;
}

describe('an emulator that serves but is not ready', () => {
  it('says where it answers and what blocks it, until it is ready', () => {
    const blockers = [{ kind: 'model', name: 'a', reason: 'broken' } as const];
    const degraded: EventBody = { type: 'emulator.degraded', ...address, blockers };
    expect(stateAfter(degraded)).toMatchObject({
      state: 'degraded',
      blockers,
      scoringUri: address.scoringUri,
    });
    const ready: EventBody = { type: 'emulator.ready', ...address, startMs: 1 };
    expect(stateAfter(degraded, ready)).toMatchObject({ state: 'ready', blockers: [] });
  });

  it('is not stale by a model that nothing older stands in for', () => {
    const state = stateAfter(model('a', 'UNAVAILABLE', 'x'), failed('a'));
    expect(state).toMatchObject({ stale: false, failures: [{ olderServes: false }] });
    expect(findBlockers(state)).toEqual([{ kind: 'model', name: 'a', reason: 'a is broken' }]);
  });

  it('is stale while an older version serves, which blocks nothing', () => {
    const state = stateAfter(model('a', 'READY'), model('b', 'UNAVAILABLE', 'no weights'), failed('a'));
    expect(state).toMatchObject({ stale: true, failures: [{ olderServes: true }] });
    expect(findBlockers(state)).toEqual([{ kind: 'model', name: 'b', reason: 'no weights' }]);
  });
});

describe('failures of one reload', () => {
  it('stand and fall by model', () => {
    const both = stateAfter(model('a', 'READY'), failed('a', 'b'));
    expect(both.failures.map(({ targets, error }) => [targets, error.message])).toEqual([
      [['model a'], 'a is broken'],
      [['model b'], 'b is broken'],
    ]);
    const one = stateAfter(model('a', 'READY'), failed('a', 'b'), completed('a'));
    expect(one.failures.map(({ targets }) => targets)).toEqual([['model b']]);
    expect(one.stale).toBe(false);
  });

  it('are shown with the model while its older version serves', () => {
    const { models, failures } = stateAfter(model('a', 'READY'), failed('a'));
    expect(models.map((it) => withNewestFailure(it, failures))).toMatchObject([
      { name: 'a', state: 'READY', reason: 'a is broken', failure: { message: 'a is broken' } },
    ]);
  });
});
