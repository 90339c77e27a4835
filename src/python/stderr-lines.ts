import { LineSplitter } from '../base/index.ts';
import { type LogLevel, TracebackGrouper } from '../events/index.ts';

const TAIL_LINES = 20;
const CRASH = /^Fatal Python error/;

/**
 * The lines on a worker's real stderr: what C code and child processes write and, after a crash, the stack that
 * `faulthandler` writes last, without the frames of the harness.
 */
export class StderrLines {
  /** The last lines, to explain how the process ended. */
  readonly tail: string[] = [];
  readonly #harness: string;
  readonly #onLine: (level: LogLevel, line: string) => void;
  /** Groups the traceback of a child process into one entry. */
  readonly #grouper = new TracebackGrouper((text, isTraceback) =>
    this.#onLine(isTraceback ? 'error' : this.#levelOf(text), text),
  );
  readonly #splitter = new LineSplitter((line) => this.#take(line));
  #crashed = false;

  constructor(harness: string, onLine: (level: LogLevel, line: string) => void) {
    this.#harness = harness;
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    this.#splitter.push(chunk);
  }

  end(): void {
    this.#splitter.end();
    this.#grouper.end();
  }

  #take(line: string): void {
    this.#crashed ||= CRASH.test(line);
    if (this.#crashed && line.startsWith(`  File "${this.#harness}`)) return;
    if (this.tail.length === TAIL_LINES) this.tail.shift();
    this.tail.push(line);
    this.#grouper.push(line);
  }

  #levelOf(line: string): LogLevel {
    if (!this.#crashed) return 'info';
    return line.startsWith('Extension modules: ') ? 'debug' : 'error';
  }
}
