import { type Instance, type Key, render } from 'ink';
import { type Clock, messageOf, systemClock } from '../../base/index.ts';
import { write } from '../output.ts';
import type { Leaving, Renderer, RendererOptions } from '../renderer.ts';
import { createStyle, type Style } from '../style.ts';
import { Dashboard } from './dashboard.tsx';
import { farewell } from './farewell.ts';
import { FrameClock } from './frame-clock.ts';
import { FrameStream } from './frame-stream.ts';
import { Input } from './input.tsx';
import { KeyHandler } from './key-handler.ts';
import { LogRows, logTitle } from './log-rows.ts';
import { overlayRows, overlayTitle } from './overlays.ts';
import { ScreenModel } from './screen-model.ts';
import { Suspension } from './suspension.ts';
import { Terminal } from './terminal.ts';

/** The head is made anew at most this often while nobody presses a key; the log pane follows the frame clock. */
const HEAD_EVERY_MS = 250;
const RESIZE_QUIET_MS = 50;
const HANGUP = 129;

/** Shows the screen and keeps it true until it is disposed of; stdin and stdout must be terminals. */
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
  #head: string[] = [];
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
      paneRows: () => this.#paneRows(),
      leave: (leaving) => this.#leave(leaving),
      overlayRows: () => overlayRows(this.#model, this.#style).length,
      repaint: () => this.#terminal.erase(),
      suspend: () => this.#suspension.suspend(),
      copy: (text) => this.#terminal.copy(text),
    });
  }

  async start(): Promise<void> {
    const { control, stdin } = this.#options;
    this.#undo.push(control.subscribe((event) => this.#model.receive(event)));
    this.#terminal.enter();
    // The last resorts when the process ends without us: process.exit somewhere, or a crash, whose stack Node prints
    // between these two. A signal that nobody else handles makes Ink unmount, which `Input` tells of.
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
      (rows) => this.#takeHead(rows),
    );
    const instance = render(
      <>
        <Dashboard model={this.#model} style={this.#style} />
        <Input onKey={(input, key) => this.#guard(() => this.#press(input, key))} onGone={this.#restore} />
      </>,
      {
        // Ink asks of its stream what FrameStream has; the type names the whole of a TTY.
        stdout: frames as unknown as NodeJS.WriteStream,
        stdin,
        debug: true,
        exitOnCtrlC: false,
        patchConsole: false,
        onRender: ({ renderTime }) => this.#frames.noteCost(renderTime),
      },
    );
    // Asked for once: every call leaves a listener on the process that only the end of the first takes away.
    this.#inkEnded = instance.waitUntilExit().then(
      () => undefined,
      (error: unknown) => this.#fail(error),
    );
    return instance;
  }

  /** Runs what a timer or a key starts: what it throws would end the process, and the emulator with it. */
  #guard(task: () => void): void {
    if (this.#failed) return;
    try {
      task();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A fault in drawing must not end what is served: the terminal is given back and says why. */
  #fail(error: unknown): void {
    if (this.#ended || this.#failed) return;
    this.#failed = true;
    this.#frames.stop();
    this.#ink?.unmount();
    this.#terminal.leave();
    write(
      this.#options.stdout,
      `the screen failed (${messageOf(error)}); the emulator serves on, Ctrl+C ends it\n`,
    );
  }

  #followTerminal(): void {
    let callOff: () => void = () => undefined;
    const unsubscribe = this.#terminal.onResize(() => {
      callOff();
      callOff = this.#clock.after(RESIZE_QUIET_MS, () => this.#guard(() => this.#resume()));
    });
    this.#undo.push(() => {
      unsubscribe();
      callOff();
    });
  }

  /** After a suspension the terminal may have another size, and shows what the shell wrote. */
  #resume(): void {
    this.#model.size = this.#terminal.size;
    this.#terminal.erase();
    this.#model.touchHead();
    this.#frames.hurry();
  }

  /** Once a second: does the uptime or the request rate read differently now? */
  #keepTime(): void {
    let shown = '';
    const look = () => {
      if (this.#terminal.closed) this.#leave({ exitCode: HANGUP });
      const { state, requests } = this.#model;
      const minute = uptimeMark(state.startedAt);
      const rate = Math.round(requests.figures().perSecond * 10);
      const mark = `${minute} ${rate}`;
      if (mark !== shown) this.#model.touchHead();
      shown = mark;
    };
    const timer = setInterval(() => this.#guard(look), 1_000);
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
      // React draws in a microtask of its own, which comes first: head and log go out as one write.
      queueMicrotask(() => this.#guard(() => this.#paint()));
    } else this.#paint();
    if (this.#model.headDirty) this.#frames.request();
  }

  #takeHead(rows: string[]): void {
    this.#head = rows;
    this.#paint();
  }

  #paint(): void {
    if (this.#ended || this.#failed || this.#head.length === 0) return;
    const { columns, rows } = this.#model.size;
    const { view, logs, paneOffset } = this.#model;
    const isLog = this.#model.pane === 'log';
    const top = this.#head.slice(0, isLog ? Math.max(1, Math.min(this.#head.length - 1, rows - 3)) : 1);
    const footer = this.#head.at(-1) ?? '';
    const height = this.#paneRows();
    const overlay = isLog ? [] : overlayRows(this.#model, this.#style);
    const first = Math.max(0, Math.min(paneOffset, overlay.length - height));
    const pane = isLog ? this.#logPane() : overlay.slice(first);
    const title = isLog
      ? logTitle(view, columns, this.#style, logs.dropped)
      : overlayTitle(this.#model, { first, height, count: overlay.length }, this.#style);
    const filled = Array.from({ length: height }, (_, row) => pane[row] ?? '');
    this.#terminal.paint([...top, title, ...filled, footer]);
  }

  #paneRows(): number {
    const head = this.#model.pane === 'log' ? this.#head.length : 2;
    return Math.max(0, this.#model.size.rows - 1 - head - 1);
  }

  #logPane(): string[] {
    const { columns } = this.#model.size;
    const height = this.#paneRows();
    const entries = this.#model.view.window(height);
    if (!this.#model.wrapsLog) return entries.map((entry) => this.#logRows.row(entry, columns));
    const rows = entries.flatMap((entry) => this.#logRows.wrapped(entry, columns));
    return height === 0 ? [] : rows.slice(-height);
  }
}

/** Changes when `formatUptime` does: every second for ten minutes, then every minute. */
function uptimeMark(startedAt: string | null): number {
  if (startedAt === null) return 0;
  const seconds = Math.floor((Date.now() - Date.parse(startedAt)) / 1_000);
  return seconds < 600 ? seconds : Math.floor(seconds / 60) * 60;
}
