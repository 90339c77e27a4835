import { afterEach, describe, expect, it, vi } from 'vitest';
import type { EventBody } from '../../../../src/events/index.ts';
import { type Renderer, startTui } from '../../../../src/ui/index.ts';
import { LogView } from '../../../../src/ui/tui/log-view.ts';
import { FakeControl } from '../../../helpers/fake-control.ts';
import { FakeTerminal } from '../../../helpers/fake-terminal.ts';
import { ready, reloaded, reloadFailed, request } from '../../../helpers/story.ts';

const running: Renderer[] = [];

afterEach(async () => {
  for (const renderer of running.splice(0)) await renderer[Symbol.asyncDispose]();
});

async function show(
  columns = 80,
  rows = 24,
  events: readonly EventBody[] = ready,
  open: (url: string) => Promise<void> = async () => undefined,
) {
  const terminal = new FakeTerminal(columns, rows);
  const control = new FakeControl();
  const { stdin, stdout } = terminal;
  const renderer = await startTui({ control, stdin, stdout, color: true, open });
  running.push(renderer);
  const emit = (...bodies: readonly EventBody[]) => {
    for (const body of bodies) control.bus.emit(body);
  };
  emit(...events);
  return { terminal, control, renderer, emit };
}

const log = (text: string, level: 'info' | 'warning' | 'error' = 'info'): EventBody => ({
  type: 'log.line',
  source: 'script',
  level,
  text,
});

const numbered = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => log(`line number ${from + index} ends`));

const UP = '\u001B[A';
const PAGE_UP = '\u001B[5~';
const HOME = '\u001B[H';
const END = '\u001B[F';
const ESCAPE = '\u001B';
const CTRL_C = '\u0003';

describe('the screen', () => {
  it('leaves a download on Esc', async () => {
    const start: readonly EventBody[] = [
      { type: 'emulator.starting', projectDir: '/p', pid: 1 },
      { type: 'engine.selected', kind: 'docker', gpu: null, reason: '' },
      { type: 'engine.starting', kind: 'docker' },
    ];
    const { terminal, control, emit } = await show(100, 24, start);
    const layers = { done: 0, total: 2 };
    const figures = { bytes: 1e8, total: 8e9, bytesPerSecond: 1e7, etaSeconds: 790, layers };
    emit({ type: 'engine.pull.progress', image: 'nvcr.io/nvidia/tritonserver:24.10-py3', ...figures });
    await terminal.shows('Esc: use what is here');
    expect(control.skips).toBe(0);
    terminal.type(ESCAPE);
    await terminal.shows('going on with what is on this machine');
  });

  it.each(['w', 'p', 'r', ESCAPE])('shows why the emulator refused what the key %j asks for', async (key) => {
    const { terminal, control, emit } = await show();
    await terminal.shows('● ready');
    const refuse = () => Promise.reject(new Error('the connection is gone'));
    Object.assign(control, {
      pause: refuse,
      resume: refuse,
      pin: refuse,
      skipDownload: refuse,
      onReload: refuse,
    });
    emit({ type: 'reload.watching', mode: 'events', reason: '' });
    if (key === ESCAPE) {
      emit({ type: 'emulator.starting', projectDir: '/p', pid: 1 });
      emit({ type: 'engine.selected', kind: 'docker', gpu: null, reason: '' });
      emit({ type: 'engine.starting', kind: 'docker' });
      const figures = { bytes: 1, total: 2, bytesPerSecond: 1, etaSeconds: 1, layers: { done: 0, total: 1 } };
      emit({ type: 'engine.pull.progress', image: 'image', ...figures });
      await terminal.shows('Esc: use what is here');
    }
    terminal.type(key);
    await terminal.shows('the connection is gone');
  });

  it('shows state, requests and log, and leaves the last row alone', async () => {
    const { terminal, emit } = await show();
    emit(...reloaded, request(200, 3.2), log('hello from score.py'));
    const text = await terminal.shows('hello from score.py');
    for (const part of [
      '● ready',
      'embedded 2.51.0',
      'generation 2',
      '● digits',
      'POST /score',
      '── log · 2 lines',
    ]) {
      expect(text).toContain(part);
    }
    const rows = text.split('\n');
    expect(rows).toHaveLength(24);
    expect(rows[22]).toContain('q quit');
    expect(rows[23]).toBe('');
  });

  it('takes up with an emulator that has run for long', async () => {
    const terminal = new FakeTerminal(80, 24);
    const control = new FakeControl();
    for (const event of [...ready, ...reloaded]) control.bus.emit(event);
    const renderer = await startTui({ control, stdin: terminal.stdin, stdout: terminal.stdout, color: true });
    running.push(renderer);
    expect(await terminal.shows('● ready')).toContain('generation 2 · 2 workers ready');
  });

  it('raises a banner for a broken save and takes it down when the next good one serves', async () => {
    const { terminal, emit } = await show();
    emit(...reloaded, ...reloadFailed);
    const text = await terminal.shows('RELOAD FAILED');
    expect(text).toContain("score.py:27 SyntaxError: '(' was never closed");
    expect(text).toContain('generation 2 still serves');
    expect(text).toContain('▲ ready, stale');
    emit(...reloaded);
    const mended = await terminal.shows('● ready');
    expect(mended).not.toContain('RELOAD FAILED');
  });

  it('keeps hostile log text inside its row', async () => {
    const { terminal, emit } = await show();
    emit(
      log('\u001B[2J\u001B[H\u001B[?1049l\u001B]0;title\u0007hostile\u001B[3J'),
      log(`${'wide 日本語 👩‍👩‍👧 '.repeat(20)}tail`),
      log('tab\tstop\r\n'),
      log('10 %\r90 %'),
    );
    const text = await terminal.shows('90 %');
    expect(text).toContain('hostile');
    expect(text.split('\n')[0]).toContain('triton-local');
    expect(text).toMatch(/script {3}tab {5}stop/);
    expect(text).not.toContain('10 %');
    expect(terminal.bytes).not.toContain('\u001B[3J');
    expect(await terminal.buffer()).toBe('alternate');
  });
});

describe('keys', () => {
  it('scroll, stay on what is read while lines come, and follow again at the end', async () => {
    const { terminal, emit } = await show(80, 24);
    emit(...numbered(100));
    await terminal.shows('line number 99 ends');
    terminal.type(UP + UP + UP);
    let text = await terminal.shows('▼ 3 below · End follows');
    expect(text).toContain('line number 96 ends');
    expect(text).not.toContain('line number 97 ends');
    emit(...numbered(40, 100));
    text = await terminal.shows('▼ 43 below');
    expect(text).toContain('line number 96 ends');
    terminal.type(PAGE_UP);
    await terminal.shows('line number 89 ends');
    terminal.type(HOME);
    expect(await terminal.shows('line number 0 ends')).toContain('labels read from');
    terminal.type(END);
    expect(await terminal.shows('following')).toContain('line number 139 ends');
  });

  it('filter by level, also typed in capitals', async () => {
    const { terminal, emit } = await show();
    emit(log('all is well'), log('careful now', 'warning'), log('it broke', 'error'));
    await terminal.shows('it broke');
    terminal.type('f');
    let text = await terminal.shows('warnings and errors');
    expect(text).toContain('careful now');
    expect(text).not.toContain('all is well');
    terminal.type('F');
    text = await terminal.shows('errors only');
    expect(text).not.toContain('careful now');
    terminal.type('f');
    await terminal.shows(/── log · 4 lines ─/);
  });

  it('search for a text as it is typed; Escape shows all again', async () => {
    const { terminal, emit } = await show();
    emit(...numbered(30), log('a needle here'));
    await terminal.shows('a needle here');
    terminal.type('/needq');
    await terminal.shows('with "needq"');
    terminal.type('\u007F');
    const text = await terminal.shows('with "need"');
    expect(text).toContain('a needle here');
    expect(text).not.toContain('line number 29 ends');
    terminal.type('\r');
    await terminal.shows('q quit');
    terminal.type(ESCAPE);
    await terminal.shows('line number 29 ends');
  });

  it('pause the watching and resume it', async () => {
    const { terminal, emit } = await show();
    await terminal.shows('● ready');
    emit({ type: 'reload.watching', mode: 'events', reason: '' });
    terminal.type('w');
    await terminal.shows('WATCHING PAUSED');
    terminal.type('w');
    await expect.poll(() => terminal.text()).not.toContain('PAUSED');
    emit({ type: 'reload.watching', mode: 'off', reason: '--no-watch' });
    terminal.type('w');
    await terminal.shows('nothing is watched');
  });

  it('pin the last request and let it go', async () => {
    const { terminal } = await show();
    await terminal.shows('● ready');
    terminal.type('p');
    await terminal.shows('again after each reload');
    terminal.type('p');
    await expect.poll(() => terminal.text()).not.toContain('again after each reload');
  });

  it('reload, and say what came of it', async () => {
    const { terminal, control, emit } = await show();
    control.onReload = async () => emit(...reloaded);
    await terminal.shows('● ready');
    terminal.type('r');
    await terminal.shows('reloaded');
    expect(control.reloads).toEqual([undefined]);
    control.onReload = () => Promise.resolve();
    terminal.type('r');
    await terminal.shows('nothing had changed');
    control.onReload = () => Promise.reject(new Error('no such folder'));
    terminal.type('r');
    await terminal.shows('reload failed: no such folder');
  });

  it('clear the log and show help', async () => {
    const { terminal, emit } = await show();
    emit(...numbered(5));
    await terminal.shows('line number 4 ends');
    terminal.type('c');
    expect(await terminal.shows('── log · 0 lines')).not.toContain('line number');
    terminal.type('?');
    await terminal.shows('reload what has changed');
    terminal.type(ESCAPE);
    await terminal.shows(/script|── log/);
    await expect.poll(() => terminal.text()).not.toContain('read the project again');
  });

  it('open the web page, or show its address', async () => {
    const opened: string[] = [];
    const { terminal } = await show(100, 24, ready, async (url) => {
      if (opened.push(url) > 1) throw new Error(`no browser could be opened: ${url}`);
    });
    await terminal.shows('● ready');
    terminal.type('o');
    await terminal.shows('opened http://localhost:6789/_triton-local/');
    terminal.type('O');
    await terminal.shows('no browser could be opened: http://localhost:6789/_triton-local/');
    expect(opened).toEqual(new Array(2).fill('http://localhost:6789/_triton-local/'));
  });

  it.each([
    ['q', 0],
    ['Q', 0],
    [CTRL_C, 130],
  ])('%j leaves', async (key, exitCode) => {
    const { terminal, renderer, control } = await show();
    await terminal.shows('● ready');
    terminal.type(key);
    expect(await renderer.left).toEqual({ exitCode });
    await terminal.shows('stopping');
    expect(control.stops).toEqual([]);
  });

  it('are not needed to leave when the terminal is closed', async () => {
    const { terminal, renderer } = await show();
    await terminal.shows('● ready');
    terminal.hangUp();
    expect(await renderer.left).toEqual({ exitCode: 129 });
  });
});

describe('the terminal', () => {
  it('gets back as it was, with a summary, the last error and the last lines', async () => {
    const { terminal, renderer, emit } = await show(80, 40);
    emit(...reloaded, ...numbered(40), request(500, 2), ...reloadFailed);
    await terminal.shows('RELOAD FAILED');
    expect(await terminal.buffer()).toBe('alternate');
    expect([terminal.rawMode, terminal.wraps]).toEqual([true, false]);
    const { stdout, stdin } = terminal;
    await renderer[Symbol.asyncDispose]();
    await renderer[Symbol.asyncDispose]();
    expect(await terminal.buffer()).toBe('normal');
    expect([terminal.rawMode, terminal.wraps]).toEqual([false, true]);
    expect(terminal.bytes.lastIndexOf('\u001B[?25h')).toBeGreaterThan(
      terminal.bytes.lastIndexOf('\u001B[?25l'),
    );
    const text = await terminal.text();
    expect(text).toMatch(/triton-local ran \d+s, 1 request \(1 failed\), 1 reload, generation 2/);
    expect(text).toContain("last error SyntaxError: '(' was never closed");
    expect(text).toContain('line number 39 ends');
    expect(text).toContain('line number 20 ends');
    expect(text).not.toContain('line number 19 ends');
    expect(stdout.listenerCount('resize')).toBe(0);
    expect(stdin.listenerCount('end')).toBeLessThanOrEqual(1);
  });

  it('is not left with errors that no longer stand', async () => {
    const { terminal, renderer, emit } = await show();
    emit(...reloadFailed, log('SyntaxError: in the log', 'error'));
    await terminal.shows('RELOAD FAILED');
    emit(...reloaded);
    await renderer[Symbol.asyncDispose]();
    const text = await terminal.text();
    expect(text).toContain('SyntaxError: in the log');
    expect(text).not.toContain('last error');
    expect(text).not.toContain('was never closed');
  });

  it('is restored after a fault in drawing, which ends neither the process nor the emulator', async () => {
    const { terminal, emit } = await show();
    await terminal.shows('● ready');
    vi.spyOn(LogView.prototype, 'update').mockImplementationOnce(() => {
      throw new Error('no such row');
    });
    emit(log('one more'));
    await terminal.shows('the screen failed (no such row)');
    expect(await terminal.buffer()).toBe('normal');
    expect(terminal.rawMode).toBe(false);
    emit(log('serves on'));
  });

  it('is restored if the emulator does not answer when the screen starts', async () => {
    const terminal = new FakeTerminal(80, 24);
    const control = new FakeControl();
    control.state = () => Promise.reject(new Error('hung up'));
    const { stdin, stdout } = terminal;
    await expect(startTui({ control, stdin, stdout, color: true })).rejects.toThrow('hung up');
    expect([await terminal.buffer(), terminal.rawMode]).toEqual(['normal', false]);
  });

  it('gets back when the process ends without us', async () => {
    for (const name of ['exit', 'uncaughtExceptionMonitor'] as const) {
      const { terminal } = await show();
      await terminal.shows('● ready');
      const [restore] = process.listeners(name as 'exit').slice(-1);
      restore?.(1);
      expect(await terminal.buffer()).toBe('normal');
    }
  });

  it('is not left listening to the process', async () => {
    const names = ['exit', 'beforeExit', 'SIGTERM', 'SIGHUP', 'uncaughtException'] as const;
    const count = () => names.map((name) => process.listenerCount(name as 'exit'));
    const { renderer: first } = await show();
    await first[Symbol.asyncDispose]();
    const before = count();
    const { renderer } = await show();
    expect(process.listenerCount('exit')).toBeGreaterThan(before[0] ?? 0);
    await renderer[Symbol.asyncDispose]();
    expect(count()).toEqual(before);
  });

  it('is repainted whole after any resize, smaller or larger, and never scrolled or wiped', async () => {
    const { terminal, emit } = await show(120, 40);
    emit(...reloaded, ...numbered(60), ...reloadFailed);
    await terminal.shows('line number 59 ends');
    for (const [columns, rows] of [
      [60, 15],
      [120, 40],
      [80, 24],
      [200, 50],
      [30, 8],
      [100, 30],
    ] as const) {
      terminal.resize(columns, rows);
      await terminal.shows(new RegExp(`^.{0,${columns}}\\n`));
      // Fresh beside resized: the same events on a terminal that always had this size.
      await expect
        .poll(async () => (await terminal.screen())[rows - 2] ?? '', { timeout: 2_000 })
        .toContain('quit');
      const shown = await terminal.screen();
      expect(shown[0]).toContain('triton-local');
      expect(shown.filter((row) => row.includes('triton-local'))).toHaveLength(1);
      expect(shown.filter((row) => row.includes('── log'))).toHaveLength(1);
      expect(shown.at(-1)).toBe('');
    }
    expect(terminal.bytes).not.toContain('\u001B[3J');
    expect(terminal.bytes).not.toMatch(/\n/);
  });

  it('is written to once at rest: only what changed goes over the line', async () => {
    const { terminal, emit } = await show(120, 40);
    emit(...numbered(100));
    await terminal.shows('line number 99 ends');
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = { writes: terminal.writes, bytes: terminal.bytes.length, at: performance.now() };
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    // Only the uptime of the first minutes changes, once a second; a busy machine waits for longer than that.
    const seconds = Math.ceil((performance.now() - before.at) / 1_000);
    expect(terminal.writes - before.writes).toBeLessThanOrEqual(seconds);
    expect(terminal.bytes.length - before.bytes).toBeLessThan(400 * seconds);
  });

  it('shows no colour if it is disabled', async () => {
    const terminal = new FakeTerminal(80, 24);
    const control = new FakeControl();
    const renderer = await startTui({
      control,
      stdin: terminal.stdin,
      stdout: terminal.stdout,
      color: false,
    });
    running.push(renderer);
    for (const event of [...ready, ...reloadFailed, log('\u001B[31mred\u001B[0m')]) control.bus.emit(event);
    await terminal.shows('RELOAD FAILED');
    await terminal.shows(/script +red/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is looked for
    expect(terminal.bytes).not.toMatch(/\u001B\[(?!0m)[0-9;]+m/);
  });
});
