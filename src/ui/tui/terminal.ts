import { guard, isClosed } from '../../base/index.ts';

const ESC = '\u001B';
/** Alternate screen, no cursor, no wrapping: a row that is too wide is cut off instead of taking a second row. */
const ENTER = `${ESC}[?1049h${ESC}[?25l${ESC}[?7l${ESC}[2J${ESC}[H`;
/** Clears first: after a resize, tmux would keep rows of the alternate screen. */
const LEAVE = `${ESC}[0m${ESC}[2J${ESC}[H${ESC}[?7h${ESC}[?25h${ESC}[?1049l`;
const BEGIN_SYNC = `${ESC}[?2026h`;
const END_SYNC = `${ESC}[?2026l`;
/** Erases only the visible area: the scrollback (CSI 3 J) belongs to the user. */
const ERASE = `${ESC}[0m${ESC}[2J`;

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/**
 * The terminal as rows of text. Each row is written to its absolute position, and only if it changed: a frame is cheap
 * over a slow connection and never scrolls the screen.
 */
export class Terminal {
  readonly #stdout: NodeJS.WriteStream;
  #painted: string[] = [];
  #entered = false;

  constructor(stdout: NodeJS.WriteStream) {
    this.#stdout = stdout;
    guard(stdout);
  }

  get size(): Size {
    return { columns: this.#stdout.columns || 80, rows: this.#stdout.rows || 24 };
  }

  /** Whether the terminal is gone. */
  get closed(): boolean {
    return isClosed(this.#stdout);
  }

  enter(): void {
    this.#entered = true;
    this.#write(ENTER);
  }

  /** Shows rows from the top. The last row of the terminal stays free; further rows are not shown. */
  paint(rows: readonly string[]): void {
    if (!this.#entered) return;
    const shown = rows.slice(0, Math.max(1, this.size.rows - 1));
    let changes = '';
    for (let row = 0; row < Math.max(shown.length, this.#painted.length); row += 1) {
      const text = shown[row] ?? '';
      if (text !== (this.#painted[row] ?? '')) changes += `${ESC}[${row + 1};1H${text}${ESC}[0m${ESC}[K`;
    }
    if (changes !== '') this.#write(BEGIN_SYNC + changes + END_SYNC);
    this.#painted = [...shown];
  }

  /** Clears the screen; the next paint writes every row. */
  erase(): void {
    this.#painted = [];
    if (this.#entered) this.#write(ERASE);
  }

  /** Restores the terminal; calling it again does nothing. */
  leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    this.#write(LEAVE);
  }

  /** Asks the terminal to put a text on the clipboard (OSC 52). */
  copy(text: string): void {
    this.#write(`${ESC}]52;c;${Buffer.from(text).toString('base64')}\u0007`);
  }

  onResize(listener: () => void): () => void {
    this.#stdout.on('resize', listener);
    return () => this.#stdout.off('resize', listener);
  }

  #write(text: string): void {
    if (!this.closed) this.#stdout.write(text);
  }
}
