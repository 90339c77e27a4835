import { renderToString } from 'ink';
import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../../src/base/index.ts';
import { type EventBody, EventBus } from '../../../../src/events/index.ts';
import { createStyle } from '../../../../src/ui/style.ts';
import { widthOf } from '../../../../src/ui/text.ts';
import { Dashboard } from '../../../../src/ui/tui/dashboard.tsx';
import { ScreenModel } from '../../../../src/ui/tui/screen-model.ts';
import { ready, reloaded, reloadFailed, request } from '../../../helpers/story.ts';

const clock: Clock = { ...systemClock };

function head(columns: number, rows: number, events: readonly EventBody[], color = false): string[] {
  const model = new ScreenModel({ columns, rows }, 'info', clock, () => undefined);
  const bus = new EventBus();
  bus.subscribe((event) => model.receive(event));
  for (const event of events) bus.emit(event);
  const startedAt = Date.parse(model.state.startedAt ?? '');
  const output = renderToString(
    <Dashboard model={model} style={createStyle(color)} wallClock={() => startedAt + 5_000} />,
    { columns },
  );
  return output.split('\n');
}

const requests = Array.from({ length: 12 }, (_, index) => request(index === 3 ? 404 : 200, index + 1));
const models = Array.from({ length: 30 }, (_, index): EventBody => {
  const isBroken = index === 17;
  return {
    type: 'model.state',
    model: `a_model_with_quite_a_long_name_${index}`,
    version: '1',
    state: isBroken ? 'UNAVAILABLE' : 'READY',
    reason: isBroken ? 'Internal: onnx runtime error 7: no such operator' : '',
  };
});

describe('the screen around the log', () => {
  it('at 120x40 shows everything, models and requests beside each other', () => {
    const rows = head(120, 40, [...ready, ...reloaded, ...requests]);
    const text = rows.join('\n');
    expect(rows[0]).toMatch(/^ triton-local {2}● ready {2}.*digits.* ready in 812 ms · up 5s$/);
    expect(text).toMatch(/engine +embedded 2\.51\.0 on CPU · Docker does not answer/);
    expect(text).toMatch(/scoring +http:\/\/localhost:6789\/score\n/);
    expect(text).toMatch(/triton +http:\/\/localhost:8000\n/);
    expect(text).toMatch(/serving +generation 2 · 2 workers ready/);
    expect(text).toMatch(
      /reload +✔ score\.py in 132 ms · notice 2\.6 ms \+ quiet 80 ms \+ warm 46 ms \+ switch 3\.0 ms · \d\d:\d\d:\d\d · 1 reload/,
    );
    expect(text).toMatch(/models +requests {2}\S+\/s · p50 6\.0 ms · p95 12 ms · 1 failed/);
    expect(text).toMatch(/● digits +1 {2}READY +POST \/score +200 +11 ms/);
    expect(rows.at(-1)).toContain('q quit   r reload');
  });

  it('has the other ports of Triton beside HTTP, as far as there is room', () => {
    const addresses = { grpcAddress: '127.0.0.1:8001', metricsUrl: 'http://127.0.0.1:8002/metrics' };
    const open = ready.map((event) => (event.type === 'emulator.ready' ? { ...event, ...addresses } : event));
    const triton = (columns: number) => head(columns, 40, open).find((row) => row.includes('triton  '));
    expect(triton(120)).toMatch(
      /http:\/\/localhost:8000 · gRPC 127\.0\.0\.1:8001 · metrics http:\/\/127\.0\.0\.1:8002\/metrics$/,
    );
    expect(triton(60)).toMatch(/http:\/\/localhost:8000 · gRPC 127\.0\.0\.1:8001$/);
  });

  it('says loudly that watching is paused, and quietly that it polls', () => {
    const watching = (mode: 'paused' | 'polling' | 'off' | 'events') =>
      head(120, 40, [...ready, { type: 'reload.watching', mode, reason: '' }])[0];
    expect(watching('paused')).toContain('WATCHING PAUSED · w resumes');
    expect(watching('polling')).toMatch(/● ready {2}polling {2}/);
    expect(watching('off')).toMatch(/● ready {2}not watching {2}/);
    expect(watching('events')).toMatch(/● ready {2}\S*digits/);
  });

  it('shows what the last reload did to the answer of the pinned request', () => {
    const pinned: EventBody = {
      type: 'replay.pinned',
      method: 'POST',
      path: '/score',
      status: 200,
      generation: 1,
    };
    expect(head(120, 40, [...ready, pinned]).join('\n')).toMatch(
      /replay +POST \/score 200 · again after each reload/,
    );
    const answered: EventBody = {
      ...pinned,
      type: 'replay.answered',
      statusBefore: 200,
      totalMs: 3,
      differences: [{ path: 'digit', before: '3', after: '5' }],
      differenceCount: 4,
    };
    expect(head(120, 40, [...ready, pinned, answered]).join('\n')).toMatch(
      /replay +POST \/score 200 · digit 3 -> 5 · 3 more differences/,
    );
    const same = { ...answered, differences: [], differenceCount: 0 };
    expect(head(120, 40, [...ready, pinned, same]).join('\n')).toMatch(/POST \/score 200 · the same answer/);
    expect(head(120, 40, [...ready, pinned, { type: 'replay.unpinned' }]).join('\n')).not.toContain('replay');
  });

  it('shows what models have done beside them, as far as there is room', () => {
    const done: EventBody = {
      type: 'model.statistics',
      model: 'digits',
      version: '1',
      inferenceCount: 1_204,
      executionCount: 300,
      failureCount: 2,
      queueMs: 0.02,
      computeMs: 1.1,
    };
    const wide = head(140, 40, [...ready, done]).join('\n');
    expect(wide).toMatch(/● digits +1 {2}READY {2}2 failed · 1,204 inferences/);
    const narrow = head(90, 24, [...ready, done]).join('\n');
    expect(narrow).toMatch(/READY {2}2 failed · 1,204 inferences · compute 1\.1 ms/);
  });

  it('at 80x24 puts them below each other', () => {
    const text = head(80, 24, [...ready, ...reloaded, ...requests]).join('\n');
    expect(text).toMatch(/models +● densenet_onnx +2 {2}READY\n +● digits/);
    expect(text).toMatch(/requests +\S+\/s · p50 6\.0 ms · p95 12 ms/);
    expect(text).toMatch(/\n +POST \/score +200 +12 ms/);
  });

  it('at 60x15 still shows where to go, what serves, models, figures and what is broken', () => {
    const text = head(60, 15, [...ready, ...reloaded, ...requests, ...reloadFailed]).join('\n');
    for (const part of [
      '▲ ready, stale',
      'RELOAD FAILED',
      'score.py:27',
      'http://localhost:6789/score',
      'generation 2',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).toMatch(/models +● .*\+1 more/);
    expect(text).toMatch(/requests +\S+\/s · p50/);
  });

  it('says in the banner what is broken, where, what serves and what to do', () => {
    const text = head(80, 24, [...ready, ...reloaded, ...reloadFailed]).join('\n');
    expect(text).toMatch(/RELOAD FAILED +score\.py:27 SyntaxError: '\(' was never closed/);
    expect(text).toContain('generation 2 still serves');
    expect(text).toContain('hint mend line 27 and save');
  });

  it('puts broken models first and counts those without room', () => {
    const rows = head(120, 40, [...ready, ...models]);
    const text = rows.join('\n');
    expect(text).toMatch(
      /models .*\n ✖ a_model_with_quite_a_long_name_17 +1 {2}UNAVAILABLE *\n {3}Internal: onnx runtime error 7: no such op/,
    );
    expect(text).toMatch(/and \d+ more, 31 READY in all/);
  });

  it('shows a start step by step, with what is being prepared', () => {
    const text = head(80, 24, [
      ...ready.slice(0, 3),
      {
        type: 'environment.progress',
        environment: 'python environment',
        step: 'installing',
        detail: 'numpy 3/12',
      },
    ]).join('\n');
    expect(text).toContain('◐ starting');
    expect(text).toMatch(/preparing +python environment: installing numpy 3\/12/);
    expect(text).toMatch(/scoring +…/);
  });

  it.each([
    [40, 10],
    [60, 15],
    [80, 24],
    [99, 30],
    [100, 30],
    [120, 40],
    [200, 60],
    [20, 6],
  ])('at %dx%d leaves room for the log and one row, and never exceeds the width', (columns, rows) => {
    const worst = [...ready, ...models, ...reloaded, ...requests, ...reloadFailed];
    for (const events of [[], ready.slice(0, 2), ready, worst]) {
      const lines = head(columns, rows, events, true);
      expect(lines).toHaveLength(rows - 1);
      // Between head and footer the pane is blank: a rule and at least two rows of the log.
      const footer = lines.length - 1;
      expect(lines[footer]).toContain('quit');
      for (const line of lines.slice(footer - 3, footer)) expect(line).toBe('');
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns - 1);
    }
  });

  it('colours nothing without colour, and says every state in words', () => {
    const plain = head(120, 40, [...ready, ...models, ...reloadFailed]).join('\n');
    expect(plain).not.toContain('\u001B');
    for (const word of ['READY', 'UNAVAILABLE', 'stale', 'RELOAD FAILED']) expect(plain).toContain(word);
    expect(head(120, 40, ready, true).join('\n')).toContain('\u001B[32m● ready\u001B[39m');
  });
});
