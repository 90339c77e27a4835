import type { Control } from '../control/index.ts';
import type { LogLevel } from '../events/index.ts';

/** How the user left: the exit code for the process (0 for `q`, 130 for Ctrl+C). */
export interface Leaving {
  readonly exitCode: number;
}

/** A view of a running emulator, which sees only events and `Control`. */
export interface Renderer extends AsyncDisposable {
  /** Resolves when the user leaves (`q`, Ctrl+C on the screen); never for renderers without keys. */
  readonly left: Promise<Leaving>;
}

export interface RendererOptions {
  readonly control: Control;
  readonly stdout: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly color: boolean;
  /** Log lines below this level are hidden; default `info`. */
  readonly threshold?: LogLevel;
  /** Opens an address in the browser; by default the user's. */
  readonly open?: (url: string) => Promise<void>;
  /** What `q` does: stop the emulator (default), or only leave its screen. */
  readonly leaveMeans?: 'stop' | 'detach';
}

/** For renderers without keys. */
export const neverLeft: Promise<Leaving> = new Promise(() => undefined);

const RANKS: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warning: 2, error: 3 };

export function isAtLeast(level: LogLevel, threshold: LogLevel): boolean {
  return RANKS[level] >= RANKS[threshold];
}
