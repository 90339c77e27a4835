const BEGIN = /^\s*Traceback \(most recent call last\):$/;
/** The place of a SyntaxError has no `in`. */
const FRAME = /^\s+File "(.+)", line \d+(?:, in |$)/;
/** Files that a user did not write: installed packages, Python's own library, what starts the script. */
const LIBRARY =
  /[\\/](?:site|dist)-packages[\\/]|[\\/]lib[\\/]python3\.\d+[\\/]|^[A-Z]:.*[\\/]Lib[\\/]|^<frozen |[\\/](?:dist|python)[\\/]harness[\\/]/;

/**
 * Leaves the frames of libraries out of Python tracebacks, but for the one in which the exception was raised. All
 * other lines pass as they are, at once.
 */
export class TracebackFolder {
  #inside = false;
  #skipped = 0;
  /** Lines of the newest library frame, held back because it may be the last. */
  #held: string[] = [];

  /** The lines to show now that `line` has come. */
  push(line: string): string[] {
    if (BEGIN.test(line)) {
      const shown = [...this.end(), line];
      this.#inside = true;
      return shown;
    }
    if (!this.#inside) return [line];
    if (line !== '' && !/^\s/.test(line)) return [...this.end(), line];
    const file = FRAME.exec(line)?.[1];
    if (file !== undefined && LIBRARY.test(file)) {
      if (this.#held.length > 0) this.#skipped += 1;
      this.#held = [line];
      return [];
    }
    if (file === undefined && this.#held.length > 0) {
      this.#held.push(line);
      return [];
    }
    if (this.#held.length > 0) this.#skipped += 1;
    this.#held = [];
    return [...this.#bill(), line];
  }

  /** What is still held back, at the end of a traceback or of the stream. */
  end(): string[] {
    const shown = [...this.#bill(), ...this.#held];
    this.#inside = false;
    this.#held = [];
    return shown;
  }

  #bill(): string[] {
    const count = this.#skipped;
    this.#skipped = 0;
    return count === 0 ? [] : [`  (${count} library frame${count === 1 ? '' : 's'} left out)`];
  }
}
