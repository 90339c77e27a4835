import { renderToString } from 'ink';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/base/index.ts';
import { type EventBody, EventBus, findBlockers } from '../../../../src/events/index.ts';
import { createStyle } from '../../../../src/ui/style.ts';
import { widthOf } from '../../../../src/ui/text.ts';
import { Dashboard } from '../../../../src/ui/tui/dashboard.tsx';
import { ScreenModel } from '../../../../src/ui/tui/screen-model.ts';
import { ready, timingsOf } from '../../../helpers/story.ts';

const FILE = '/srv/ada/projects/a-project-with-a-rather-long-name/models/triton/model_7/config.pbtxt';
const models = Array.from({ length: 50 }, (_, index): EventBody => {
  const isBroken = index === 6;
  return {
    type: 'model.state',
    model: `model_${index + 1}`,
    version: isBroken ? '' : '1',
    state: isBroken ? 'UNAVAILABLE' : 'READY',
    reason: isBroken
      ? `Invalid argument: ${FILE} is not a model configuration: 'FLOAT' is not a DataType`
      : '',
  };
});
const failed: EventBody = {
  type: 'reload.failed',
  generation: 0,
  actions: [{ kind: 'load-model', target: 'model_7', reason: 'start' }],
  causes: [],
  timings: timingsOf({}),
  error: {
    code: 'MODEL_LOAD_FAILED',
    message: "model 'model_7' was not loaded: 'FLOAT' is not a DataType",
    file: FILE,
    line: 7,
    column: 16,
    excerpt: 'data_type: FLOAT',
    hint: 'did you mean TYPE_FP32?',
  },
};

/** The head of a screen at the first start of fifty models, the seventh of which is broken. */
function head(columns: number, rows: number): string[] {
  const model = new ScreenModel({ columns, rows }, 'info', systemClock, () => undefined);
  const bus = new EventBus();
  bus.subscribe((event) => model.receive(event));
  const isReady = ({ type }: EventBody) => type === 'emulator.ready';
  const [end] = ready.filter(isReady);
  if (end?.type !== 'emulator.ready') throw new Error('the story has no end');
  const start = ready.filter((event) => !isReady(event) && event.type !== 'model.state');
  for (const event of [...start, ...models, failed]) bus.emit(event);
  const { scoringUri, httpUrl } = end;
  const blockers = [...findBlockers(model.state)];
  bus.emit({ type: 'emulator.degraded', scoringUri, httpUrl, deployment: 'no-code', blockers });
  const output = renderToString(<Dashboard model={model} style={createStyle(false)} />, { columns });
  return output.split('\n');
}

describe('a first start with one broken model of fifty', () => {
  it.each([
    [80, 24],
    [120, 40],
    [100, 60],
  ])('at %ix%i says what is wrong, where, and where the others answer', (columns, rows) => {
    const lines = head(columns, rows);
    const text = lines.join('\n');
    expect(lines[0]).toContain('▲ ready but for model_7');
    expect(text).toContain("NOT LOADED  model_7: 'FLOAT' is not a DataType");
    expect(text).toContain('it is not served; the next save tries again');
    expect(text).toMatch(/scoring +http/);
    expect(text).toMatch(/triton +http/);
    expect(text).toMatch(/✖ model_7/);
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
  });

  it('names line and remedy if there is space', () => {
    const text = head(120, 40).join('\n');
    expect(text).toContain('config.pbtxt:7:16');
    expect(text).toContain('data_type: FLOAT');
    expect(text).toContain('did you mean TYPE_FP32?');
  });

  it('lists as many models as the screen has room for, in natural order', () => {
    const rows = head(120, 60).filter((line) => /model_\d+ +\d/.test(line));
    const numbers = rows.map((line) => Number(/model_(\d+)/.exec(line)?.[1]));
    expect(rows.length).toBeGreaterThan(15);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });
});
