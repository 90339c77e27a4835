import { afterEach, describe, expect, it } from 'vitest';
import type { EventBody } from '../../../../src/events/index.ts';
import { type Renderer, startTui } from '../../../../src/ui/index.ts';
import { FakeControl } from '../../../helpers/fake-control.ts';
import { FakeTerminal } from '../../../helpers/fake-terminal.ts';
import { ready, reloadFailed } from '../../../helpers/story.ts';

const running: Renderer[] = [];

afterEach(async () => {
  for (const renderer of running.splice(0)) await renderer[Symbol.asyncDispose]();
});

async function show(columns: number, rows: number, events: readonly EventBody[], leaveMeans?: 'detach') {
  const terminal = new FakeTerminal(columns, rows);
  const control = new FakeControl();
  const { stdin, stdout } = terminal;
  const renderer = await startTui({ control, stdin, stdout, color: true, ...(leaveMeans && { leaveMeans }) });
  running.push(renderer);
  for (const event of events) control.bus.emit(event);
  return { terminal, control };
}

const DOWN = '\u001B[B';
const END = '\u001B[F';
const ESCAPE = '\u001B';
const KEYS = ['q', 'r', 'd', 'w', 'p', '↑↓', 'l', 'f', '/', 'c', 'o', 'k', '^L', '^Z', '?'];
const REASON = `onnx runtime error 1: ${'a long reason that no row can hold '.repeat(8)}ends here`;
const broken = (name: string): EventBody => ({
  type: 'model.state',
  model: name,
  version: '1',
  state: 'UNAVAILABLE',
  reason: REASON,
});
const good = (name: string): EventBody => ({
  type: 'model.state',
  model: name,
  version: '1',
  state: 'READY',
  reason: '',
});

describe('the help', () => {
  it('shows every key at 80x24', async () => {
    const { terminal } = await show(80, 24, ready);
    await terminal.shows('● ready');
    terminal.type('?');
    const rows = (await terminal.shows('── help')).split('\n');
    for (const key of KEYS)
      expect(
        rows.some((row) => row.startsWith(` ${key} `)),
        key,
      ).toBe(true);
    expect(rows.at(-2)).toContain('quit');
  });

  it('scrolls to every key at 40x12, and closes by Esc', async () => {
    const { terminal } = await show(40, 12, ready);
    await terminal.shows('triton-local');
    terminal.type('?');
    const helpRows = (text: string) => text.slice(text.indexOf('── help')).split('\n');
    const rows: string[] = [];
    let shown = helpRows(await terminal.shows('── help'));
    // Until another press changes nothing.
    for (let before: string[] = []; shown.join() !== before.join(); ) {
      rows.push(...shown);
      before = shown;
      terminal.type(DOWN);
      const moved = expect.poll(async () => (shown = helpRows(await terminal.text())), { timeout: 2_000 });
      await moved.not.toEqual(before).catch(() => undefined);
    }
    for (const key of KEYS)
      expect(
        rows.some((row) => row.startsWith(` ${key} `)),
        key,
      ).toBe(true);
    terminal.type(ESCAPE);
    await terminal.shows('── log');
  });

  it('says under attach that q detaches', async () => {
    const { terminal } = await show(80, 24, ready, 'detach');
    await terminal.shows('q detach');
    terminal.type('?');
    expect(await terminal.shows('── help')).toContain('the emulator keeps running');
  });
});

describe('the details', () => {
  it('show reasons in full, models in natural order, and scroll', async () => {
    const models = Array.from({ length: 50 }, (_, index) =>
      (index === 6 ? broken : good)(`model_${index + 1}`),
    );
    const { terminal } = await show(80, 24, [...ready, ...models]);
    await terminal.shows(/and 51 more.* d shows all/);
    terminal.type('d');
    const top = await terminal.shows('── details');
    expect(top).toContain('ends here');
    expect(top.indexOf('model_2 ')).toBeGreaterThan(top.indexOf('model_1 '));
    expect(top.indexOf('model_10 ')).toBeGreaterThan(top.indexOf('model_9 '));
    terminal.type(END);
    expect(await terminal.shows('addresses')).toContain('model_50 1 READY');
  });

  it('show a failure whole', async () => {
    const { terminal } = await show(80, 24, [...ready, ...reloadFailed]);
    await terminal.shows('RELOAD FAILED');
    terminal.type('d');
    const text = await terminal.shows('── details');
    expect(text).toContain("SyntaxError: '(' was never closed");
    expect(text).toContain('mend line 27 and save');
  });
});

describe('long log lines', () => {
  it('are wrapped by l and cut again by l', async () => {
    const text = `${'a long line '.repeat(12)}ends here`;
    const { terminal } = await show(80, 24, [
      ...ready,
      { type: 'log.line', source: 'script', level: 'info', text },
    ]);
    expect(await terminal.shows('a long line')).not.toContain('ends here');
    terminal.type('l');
    await terminal.shows('ends here');
    terminal.type('l');
    await terminal.shows(/a long line[^\n]*…/);
  });
});

describe('the access key', () => {
  const withKey = ready.map((event) =>
    event.type === 'emulator.starting' ? { ...event, auth: 'key' as const } : event,
  );

  it('is masked, shown and copied by k, and hidden again', async () => {
    const { terminal } = await show(100, 30, withKey);
    expect(await terminal.shows('k shows and copies it')).not.toContain('the-key-of-the-service');
    terminal.type('k');
    await terminal.shows('the-key-of-the-service');
    const copied = Buffer.from('the-key-of-the-service').toString('base64');
    expect(terminal.bytes).toContain(`\u001B]52;c;${copied}\u0007`);
    terminal.type('k');
    await terminal.shows('k shows and copies it');
  });
});

describe('a terminal of any size', () => {
  it.each([
    [1, 1],
    [2, 2],
    [5, 3],
    [9, 1],
    [200, 2],
    [3, 60],
  ])('%i x %i is drawn without a fault', async (columns, rows) => {
    const { terminal } = await show(80, 24, [...ready, broken('m'), ...reloadFailed]);
    await terminal.shows('triton-local');
    for (const key of ['', '?', 'd', ESCAPE, 'l', '/', ESCAPE]) {
      terminal.resize(columns, rows);
      if (key !== '') terminal.type(key);
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect(terminal.bytes).not.toContain('the screen failed');
    }
    terminal.resize(80, 24);
    await terminal.shows('triton-local');
  });
});
