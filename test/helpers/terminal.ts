import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import xterm from '@xterm/headless';

export interface TerminalOptions {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly columns?: number;
  readonly rows?: number;
}

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A program in a real pseudo-terminal, with a terminal emulator that shows what a user would see. */
export class TestTerminal implements AsyncDisposable {
  readonly #screen: xterm.Terminal;
  readonly #child: ChildProcess;
  readonly #exited: Promise<ExitStatus>;
  readonly #pid: Promise<number>;
  #bytes = '';
  #ended: ExitStatus | undefined;

  constructor({ command, cwd, environment, columns = 100, rows = 30 }: TerminalOptions) {
    this.#screen = new xterm.Terminal({ cols: columns, rows, scrollback: 10_000, allowProposedApi: true });
    const program = fileURLToPath(new URL('pseudo_terminal.py', import.meta.url));
    const python = process.env.TRITON_LOCAL_TEST_PYTHON || 'python3';
    this.#child = spawn(python, [program, String(columns), String(rows), ...command], {
      cwd,
      env: { ...environment, TERM: 'xterm-256color' },
      stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#bytes += chunk.toString('latin1');
      this.#screen.write(chunk);
    });
    // Answers to what programs ask a terminal, such as the place of the cursor.
    this.#screen.onData((text) => this.type(text));
    this.#child.stdin?.on('error', () => undefined);
    const facts = factsOf(this.#child);
    this.#pid = facts.then(({ pid }) => pid);
    this.#exited = facts.then(async ({ exit }) => {
      const end = await exit;
      // What it wrote last may still be on its way into the screen.
      await new Promise<void>((drawn) => this.#screen.write('', drawn));
      this.#ended = end;
      return end;
    });
    this.#exited.catch(() => undefined);
  }

  /** The process id of the program itself. */
  get pid(): Promise<number> {
    return this.#pid;
  }

  /** Resolves when the program has ended. */
  get exited(): Promise<ExitStatus> {
    return this.#exited;
  }

  /** Everything that was written, as Latin-1, for tests of control sequences. */
  get bytes(): string {
    return this.#bytes;
  }

  /** The visible rows, ends trimmed. */
  screen(): string {
    return this.#rows(this.#screen.buffer.active.baseY, this.#screen.rows);
  }

  /** The visible rows and all that was scrolled out above them. */
  history(): string {
    return this.#rows(0, this.#screen.buffer.active.length);
  }

  /** Waits until the visible rows fit. */
  async waitForScreen(fits: RegExp | ((screen: string) => boolean), limitMs = 30_000): Promise<string> {
    const deadline = Date.now() + limitMs;
    for (;;) {
      const screen = this.screen();
      if (typeof fits === 'function' ? fits(screen) : fits.test(screen)) return screen;
      if (this.#ended || Date.now() > deadline) {
        const end = this.#ended
          ? `, and the program ended with ${this.#ended.code ?? this.#ended.signal}`
          : '';
        throw new Error(`the screen never showed ${fits}${end}; it shows:\n${screen}`);
      }
      await sleep(20);
    }
  }

  /** Presses keys; `\x03` is Ctrl+C. */
  type(keys: string): void {
    this.#tell({ input: keys });
  }

  resize(columns: number, rows: number): void {
    this.#screen.resize(columns, rows);
    this.#tell({ resize: [columns, rows] });
  }

  /** Closes the window: the program gets SIGHUP and its terminal is gone. */
  close(): void {
    this.#tell({ close: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'close');
    this.#screen.dispose();
  }

  #rows(start: number, count: number): string {
    const { active } = this.#screen.buffer;
    const rows = Array.from(
      { length: count },
      (_, row) => active.getLine(start + row)?.translateToString(true) ?? '',
    );
    return rows.join('\n').trimEnd();
  }

  #tell(command: object): void {
    if (this.#child.stdin?.writable) this.#child.stdin.write(`${JSON.stringify(command)}\n`);
  }
}

/** What pseudo_terminal.py reports: the program's process id at once, its end later. */
function factsOf(child: ChildProcess): Promise<{ pid: number; exit: Promise<ExitStatus> }> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    let tellExit: (status: ExitStatus) => void = () => undefined;
    const exit = new Promise<ExitStatus>((settle) => {
      tellExit = settle;
    });
    createInterface({ input: child.stdio[3] as Readable }).on('line', (line) => {
      const fact = JSON.parse(line);
      if ('pid' in fact) resolve({ pid: fact.pid, exit });
      else tellExit(fact);
    });
  });
}
