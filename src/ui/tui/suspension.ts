import type { Terminal } from './terminal.ts';

/**
 * Ctrl+Z and `fg`: the terminal goes back to the shell as it was, and is taken over again when the process continues.
 * Windows has no such signals; nothing happens there.
 */
export class Suspension {
  readonly #terminal: Terminal;
  readonly #stdin: NodeJS.ReadStream;
  readonly #onResume: () => void;

  /** @param onResume paints the whole screen */
  readonly #platform: NodeJS.Platform;

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

  /** Follows the signals; the returned function ends that. */
  listen(): () => void {
    if (this.#platform === 'win32') return () => undefined;
    let listening = true;
    const stop = () => {
      this.#terminal.leave();
      this.#stdin.setRawMode?.(false);
      // Stopped by the signal's default action, which the kernel skips where no shell could continue us.
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

  /** In raw mode Ctrl+Z is a mere character: it becomes the signal that it stands for, for the whole job. */
  suspend(): void {
    if (this.#platform !== 'win32') process.kill(0, 'SIGTSTP');
  }
}
