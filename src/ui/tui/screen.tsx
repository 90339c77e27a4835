import { type Instance, type Key, render } from 'ink';
import { type Clock, messageOf, systemClock, write } from '../../base/index.ts';
import type { Leaving, Renderer, RendererOptions } from '../renderer.ts';
import { createStyle, type Style } from '../style.ts';
import { Dashboard } from './dashboard.tsx';
import { farewell } from './farewell.ts';
import { FrameClock } from './frame-clock.ts';
import { FrameStream } from './frame-stream.ts';
import { Input } from './input.tsx';
import { KeyHandler } from './key-handler.ts';
import { LogRows, logTitle } from './log-rows.ts';
import { openInBrowser } from './open-browser.ts';
import { overlayRows } from './overlays.ts';
import { ScreenModel } from './screen-model.ts';
import { Suspension } from './suspension.ts';
import { Terminal } from './terminal.ts';

/** Minimum time between renders by Ink while no key is pressed; the log pane follows the frame clock. */
const HEAD_EVERY_MS = 250;
const RESIZE_QUIET_MS = 50;
const HANGUP = 129;

/** Shows the screen and keeps it up to date until it is disposed; stdin and stdout must be terminals. */
export async function startScreen(options: RendererOptions, clock: Clock = systemClock): Promise<Renderer> {
  const screen = new Screen(options, clock);
  try {
    await screen.start();
  } catch (error) {
    await screen[Symbol.asyncDispose]();
    throw error;
  }
  return screen;
}

class Screen implements Renderer {
  readonly left: Promise<Leaving>;

  readonly #options: RendererOptions;
  readonly #clock: Clock;
  readonly #style: Style;
  readonly #terminal: Terminal;
  readonly #model: ScreenModel;
  readonly #frames: FrameClock;
  readonly #logRows: LogRows;
  readonly #keys: KeyHandler;
  readonly #suspension: Suspension;
  readonly #undo: (() => void)[] = [];
  readonly #restore = () => this.#terminal.leave();
  #leave: (leaving: Leaving) => void = () => undefined;
  #ink: Instance | undefined;
  #inkEnded: Promise<void> | undefined;
  /** The newest frame of Ink: every row of the screen, the log pane blank. */
  #inkRows: string[] = [];
  #headAt = Number.NEGATIVE_INFINITY;
  #ended: Promise<void> | undefined;
  #failed = false;

  constructor(options: RendererOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#style = createStyle(options.color);
    this.#terminal = new Terminal(options.stdout);
    this.#frames = new FrameClock(clock, () => this.#guard(() => this.#frame()));
    this.#logRows = new LogRows(this.#style);
    this.#model = new ScreenModel(
      this.#terminal.size,
      options.threshold ?? 'info',
      clock,
      () => this.#frames.request(),
      options.leaveMeans,
    );
    this.#suspension = new Suspension(this.#terminal, options.stdin, () => this.#guard(() => this.#resume()));
    this.left = new Promise((resolve) => {
      this.#leave = resolve;
    });
    this.#keys = new KeyHandler({
      model: this.#model,
      control: options.control,
      leave: (leaving) => this.#leave(leaving),
      overlayRows: () => overlayRows(this.#model, this.#style).length,
      repaint: () => this.#terminal.erase(),
      suspend: () => this.#suspension.suspend(),
      copy: (text) => this.#terminal.copy(text),
      open: options.open ?? openInBrowser,
    });
  }

  async start(): Promise<void> {
    const { control, stdin } = this.#options;
    this.#undo.push(control.subscribe((event) => this.#model.receive(event)));
    this.#terminal.enter();
    // Last resorts for an end without disposal: process.exit, or a crash, whose stack Node prints between these two
    // events. An otherwise unhandled signal makes Ink unmount, which `Input` reports.
    process.once('exit', this.#restore);
    process.on('uncaughtExceptionMonitor', this.#restore);
    this.#undo.push(() => process.off('exit', this.#restore).off('uncaughtExceptionMonitor', this.#restore));
    this.#followTerminal();
    this.#ink = this.#render();
    const onHangUp = () => this.#leave({ exitCode: HANGUP });
    stdin.once('end', onHangUp);
    stdin.once('error', onHangUp);
    this.#undo.push(() => stdin.off('end', onHangUp).off('error', onHangUp));
    this.#undo.push(this.#suspension.listen());
    this.#keepTime();
    this.#model.adopt(await control.state());
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    for (const undo of this.#undo.reverse()) undo();
    this.#frames.stop();
    this.#terminal.leave();
    this.#ink?.unmount();
    await this.#inkEnded;
    write(this.#options.stdout, farewell(this.#model, this.#style, Date.now()));
  }

  #render(): Instance {
    const { stdin } = this.#options;
    const frames = new FrameStream(
      () => this.#model.size,
      (rows) => this.#takeInkRows(rows),
    );
    const instance = render(
      <>
        <Dashboard model={this.#model} style={this.#style} />
        <Input onKey={(input, key) => this.#guard(() => this.#press(input, key))} onGone={this.#restore} />
      </>,
      {
        // FrameStream has all that Ink uses of its stream; the type demands a whole TTY.
        stdout: frames as unknown as NodeJS.WriteStream,
        stdin,
        debug: true,
        exitOnCtrlC: false,
        patchConsole: false,
        onRender: ({ renderTime }) => this.#frames.noteCost(renderTime),
      },
    );
    // Called only once: each call adds a process listener that only the end of the first removes.
    this.#inkEnded = instance.waitUntilExit().then(
      () => undefined,
      (error: unknown) => this.#fail(error),
    );
    return instance;
  }

  /** Runs a task of a timer or key; an error in it must not end the process and with it the emulator. */
  #guard(task: () => void): void {
    if (this.#failed) return;
    try {
      task();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A fault in drawing must not end the emulator: restores the terminal and reports the fault. */
  #fail(error: unknown): void {
    if (this.#ended || this.#failed) return;
    this.#failed = true;
    this.#frames.stop();
    this.#ink?.unmount();
    this.#terminal.leave();
    write(
      this.#options.stdout,
      `the screen failed (${messageOf(error)}); the emulator keeps serving, Ctrl+C stops it\n`,
    );
  }

  #followTerminal(): void {
    let cancel: () => void = () => undefined;
    const unsubscribe = this.#terminal.onResize(() => {
      cancel();
      cancel = this.#clock.after(RESIZE_QUIET_MS, () => this.#guard(() => this.#resume()));
    });
    this.#undo.push(() => {
      unsubscribe();
      cancel();
    });
  }

  /** After a suspension or resize: the size may differ, and the shell's output may be visible. */
  #resume(): void {
    this.#model.size = this.#terminal.size;
    this.#terminal.erase();
    this.#model.touchHead();
    this.#frames.hurry();
  }

  /** Once a second, redraws the head if the uptime or request rate reads differently. */
  #keepTime(): void {
    let shown = '';
    const refresh = () => {
      if (this.#terminal.closed) this.#leave({ exitCode: HANGUP });
      const { state, requests } = this.#model;
      const minute = uptimeMark(state.startedAt);
      const rate = Math.round(requests.figures().perSecond * 10);
      const mark = `${minute} ${rate}`;
      if (mark !== shown) this.#model.touchHead();
      shown = mark;
    };
    const timer = setInterval(() => this.#guard(refresh), 1_000);
    timer.unref();
    this.#undo.push(() => clearInterval(timer));
  }

  #press(input: string, key: Key): void {
    this.#keys.press(input, key);
    this.#model.headDirty = true;
    this.#frames.hurry();
  }

  #frame(): void {
    const now = this.#clock.now();
    this.#model.view.update();
    if (this.#model.headDirty && (this.#frames.isEager || now - this.#headAt >= HEAD_EVERY_MS)) {
      this.#headAt = now;
      this.#model.renderHead();
      // React draws in a microtask of its own, which comes first: Ink's rows and the log are one write.
      queueMicrotask(() => this.#guard(() => this.#paint()));
    } else this.#paint();
    if (this.#model.headDirty) this.#frames.request();
  }

  /** Painted once the height of the pane is known, which React measures after it has drawn. */
  #takeInkRows(rows: string[]): void {
    this.#inkRows = rows;
    queueMicrotask(() => this.#guard(() => this.#paint()));
  }

  #paint(): void {
    if (this.#ended || this.#failed || this.#inkRows.length === 0) return;
    this.#terminal.paint(this.#model.pane === 'log' ? this.#withLog(this.#inkRows) : this.#inkRows);
  }

  /** Ink's frame with the log in the pane's place, which ends above the footer. */
  #withLog(rows: readonly string[]): string[] {
    const { view, logs, paneHeight, size } = this.#model;
    if (paneHeight < 1) return [...rows];
    const title = logTitle(view, size.columns, this.#style, logs.dropped);
    const log = this.#logPane(paneHeight - 1);
    const pane = Array.from({ length: paneHeight }, (_, row) => (row === 0 ? title : (log[row - 1] ?? '')));
    const end = rows.length - 1;
    return [...rows.slice(0, end - paneHeight), ...pane, ...rows.slice(end)];
  }

  #logPane(height: number): string[] {
    const { view, size, wrapsLog } = this.#model;
    const entries = view.window(height);
    if (!wrapsLog) return entries.map((entry) => this.#logRows.row(entry, size.columns));
    const rows: string[] = [];
    // From the newest back, so that no more is wrapped than fits.
    for (const entry of entries.toReversed()) {
      if (rows.length >= height) break;
      rows.unshift(...this.#logRows.wrapped(entry, size.columns));
    }
    return height === 0 ? [] : rows.slice(-height);
  }
}

/** Changes when `formatUptime` does: every second for ten minutes, then every minute. */
function uptimeMark(startedAt: string | null): number {
  if (startedAt === null) return 0;
  const seconds = Math.floor((Date.now() - Date.parse(startedAt)) / 1_000);
  return seconds < 600 ? seconds : Math.floor(seconds / 60) * 60;
}
