const BEGIN = /^\s*Traceback \(most recent call last\):$/;
/** A longer traceback is passed on in parts. */
const MOST_LINES = 2_000;

/** Whether a line starts a Python traceback. */
export const beginsTraceback = (line: string): boolean => BEGIN.test(line);

/** Whether a line is the last one of a traceback: frames are indented, the exception is not. */
export const endsTraceback = (line: string): boolean => line !== '' && !/^\s/.test(line);

/**
 * Joins the lines of a Python traceback in a stream, so that it remains one unit up to the screen. The harness does the
 * same for a script's output; all other streams pass through here.
 */
export class TracebackGrouper {
  readonly #onText: (text: string, isTraceback: boolean) => void;
  #held: string[] | undefined;

  /** @param onText receives a single line, or a whole traceback with its line breaks */
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

  /** Passes on an unfinished traceback. */
  end(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held) this.#onText(held.join('\n'), true);
  }
}
