import { guard, isClosed } from '../output.ts';

const ESC = '\u001B';
/** Alternate screen, no cursor, no wrapping at the right edge: a row that is too wide is cut, never a second row. */
const ENTER = `${ESC}[?1049h${ESC}[?25l${ESC}[?7l${ESC}[2J${ESC}[H`;
/** Emptied first: tmux brings rows of the alternate screen along when the window was resized meanwhile. */
const LEAVE = `${ESC}[0m${ESC}[2J${ESC}[H${ESC}[?7h${ESC}[?25h${ESC}[?1049l`;
const BEGIN_SYNC = `${ESC}[?2026h`;
const END_SYNC = `${ESC}[?2026l`;
/** The visible area only. Erasing the scrollback (CSI 3 J) would take from users what is not ours. */
const ERASE = `${ESC}[0m${ESC}[2J`;

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/**
 * The terminal as rows of text. Each painted row goes to its own absolute place, and only rows that differ from what
 * is there are written, so that a frame costs little over a slow line and can never scroll the screen.
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

  /** Whether the terminal went away. */
  get closed(): boolean {
    return isClosed(this.#stdout);
  }

  enter(): void {
    this.#entered = true;
    this.#write(ENTER);
  }

  /** Shows the rows from the top; the last row of the terminal is left alone, and rows beyond it are not shown. */
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

  /** Forgets what is on the screen: the next paint writes every row. */
  erase(): void {
    this.#painted = [];
    if (this.#entered) this.#write(ERASE);
  }

  /** Gives the terminal back as it was; a second time does nothing. */
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
