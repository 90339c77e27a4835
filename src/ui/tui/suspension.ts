import type { Terminal } from './terminal.ts';

/**
 * Ctrl+Z and `fg`: restores the terminal for the shell, and takes it over again when the process continues. Does nothing
 * on Windows, which has no such signals.
 */
export class Suspension {
  readonly #terminal: Terminal;
  readonly #stdin: NodeJS.ReadStream;
  readonly #onResume: () => void;

  readonly #platform: NodeJS.Platform;

  /** @param onResume repaints the whole screen */
  constructor(
    terminal: Terminal,
    stdin: NodeJS.ReadStream,
    onResume: () => void,
    platform: NodeJS.Platform = process.platform,
  ) {
    this.#platform = platform;
    this.#terminal = terminal;
    this.#stdin = stdin;
    this.#onResume = onResume;
  }

  /** Listens to the signals until the returned function is called. */
  listen(): () => void {
    if (this.#platform === 'win32') return () => undefined;
    let listening = true;
    const stop = () => {
      this.#terminal.leave();
      this.#stdin.setRawMode?.(false);
      // The signal's default action stops the process; the kernel skips it if no shell could continue us.
      process.off('SIGTSTP', stop);
      process.kill(process.pid, 'SIGTSTP');
      setImmediate(() => {
        if (!listening) return;
        process.on('SIGTSTP', stop);
        resume();
      });
    };
    const resume = () => {
      this.#terminal.leave();
      // Twice, since the shell has changed the mode behind Node's back.
      this.#stdin.setRawMode?.(false);
      this.#stdin.setRawMode?.(true);
      this.#terminal.enter();
      this.#onResume();
    };
    process.on('SIGTSTP', stop).on('SIGCONT', resume);
    return () => {
      listening = false;
      process.off('SIGTSTP', stop).off('SIGCONT', resume);
    };
  }

  /** In raw mode Ctrl+Z is only a character; this sends its signal to the whole job. */
  suspend(): void {
    if (this.#platform !== 'win32') process.kill(0, 'SIGTSTP');
  }
}
