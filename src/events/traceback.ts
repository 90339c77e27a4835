const BEGIN = /^\s*Traceback \(most recent call last\):$/;
/** A longer one goes out in parts. */
const MOST_LINES = 2_000;

/** Whether a line begins a Python traceback. */
export const beginsTraceback = (line: string): boolean => BEGIN.test(line);

/** Whether a line of a traceback is its last: frames are indented, what was raised is not. */
export const endsTraceback = (line: string): boolean => line !== '' && !/^\s/.test(line);

/**
 * Joins the lines of a stream that are one Python traceback, so that it stays one thing from here to the screen. The
 * harness does the same for what a script writes; all other streams come through here.
 */
export class TracebackGrouper {
  readonly #onText: (text: string, isTraceback: boolean) => void;
  #held: string[] | undefined;

  /** @param onText gets a single line, or a whole traceback with its line breaks */
  constructor(onText: (text: string, isTraceback: boolean) => void) {
    this.#onText = onText;
  }

  push(line: string): void {
    if (beginsTraceback(line)) {
      this.end();
      this.#held = [line];
      return;
    }
    if (!this.#held) {
      this.#onText(line, false);
      return;
    }
    this.#held.push(line);
    if (endsTraceback(line) || this.#held.length >= MOST_LINES) this.end();
  }

  /** Hands out a traceback that has broken off. */
  end(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held) this.#onText(held.join('\n'), true);
  }
}
