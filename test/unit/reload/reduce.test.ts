import { describe, expect, it } from 'vitest';
import type { ProjectSnapshot } from '../../../src/reload/plan.ts';
import { type Command, initialReloadState, type Observed, reduce } from '../../../src/reload/reduce.ts';

const script = { entryScript: '/p/score.py', sourceDirectory: '/p' };
const content = (hash: string): ProjectSnapshot => ({
  repository: undefined,
  sources: new Map([['/p/score.py', hash]]),
});
const both = (value: boolean) => ({ sources: value, repository: value });
const saved = (hash: string, isComplete: boolean): Observed => ({
  latest: content(hash),
  settled: both(isComplete),
  promising: both(true),
  moving: both(!isComplete),
});
const types = (commands: readonly Command[]) => commands.map(({ type }) => type);

const served = initialReloadState(content('old'), script);
const idle = (observed: Observed) => ({ type: 'idle' as const, observed, heldBack: false });
const seen = (observed: Observed) => ({ type: 'observed' as const, observed });
const trying = reduce(served, idle(saved('new', false))).state;
const failure = { code: 'SCRIPT_FAILED', message: 'no' };

describe('what is decided about an attempt', () => {
  it('begins at the first sign and is confirmed once the content is complete', () => {
    expect(types(reduce(served, idle(saved('new', false))).commands)).toEqual(['apply']);
    expect(types(reduce(served, idle(saved('new', true))).commands)).toEqual(['apply', 'confirm']);
    expect(types(reduce(trying, seen(saved('new', true))).commands)).toEqual(['confirm']);
  });

  it('holds a failure back until the content is complete', () => {
    const failed = reduce(trying, { type: 'target done', failure }).state;
    expect(reduce(failed, seen(saved('new', false))).commands).toEqual([]);
    const { state, commands } = reduce(failed, seen(saved('new', true)));
    expect(types(commands)).toEqual(['confirm', 'conclude']);
    expect(state.served.refused).toEqual(new Set(['workers']));
    // Refused content counts as given.
    expect(types(reduce(state, idle(saved('new', true))).commands)).toEqual(['rest']);
  });

  it('is overtaken by newer content, which waits until files that are saved together are complete', () => {
    const overtaken = reduce(trying, seen(saved('newer', false)));
    expect(overtaken.commands).toEqual([{ type: 'overtake', startsAnew: false }]);
    const done = reduce(overtaken.state, { type: 'target done', failure: undefined }).state;
    const { state, commands } = reduce(done, seen(saved('newer', false)));
    expect(types(commands)).toEqual(['abandon']);
    expect(state).toMatchObject({
      attempt: undefined,
      overtakenCount: 1,
      served: { content: content('old') },
    });
  });

  it('has an outcome once it was announced, even if the newer content is what serves', () => {
    const confirmed = reduce(trying, seen(saved('new', true))).state;
    const overtaken = reduce(confirmed, seen(saved('old', true)));
    expect(overtaken.commands).toEqual([{ type: 'overtake', startsAnew: true }]);
    const done = reduce(overtaken.state, { type: 'target done', failure: undefined }).state;
    const { state } = reduce(done, seen(saved('old', true)));
    expect(reduce(state, idle(saved('old', true))).commands).toEqual([
      { type: 'rest', models: [], outcomePending: true },
    ]);
  });

  it('is finished after several superseded ones, whatever is saved in the meantime', () => {
    expect(reduce({ ...trying, overtakenCount: 5 }, seen(saved('newer', false))).commands).toEqual([]);
  });

  it('tries refused content again on a manual reload', () => {
    const refused = initialReloadState(content('old'), script, ['workers']);
    expect(types(reduce(refused, idle(saved('old', true))).commands)).toEqual(['rest']);
    const { state } = reduce(refused, { type: 'requested', models: [] });
    expect(types(reduce(state, idle(saved('old', true))).commands)).toEqual(['apply', 'confirm']);
  });
});
