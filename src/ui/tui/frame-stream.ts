import { Writable } from 'node:stream';
import type { Size } from './terminal.ts';

/**
 * What Ink draws to. In its debug mode Ink writes each frame as plain rows, without erasing or moving the cursor.
 * `Terminal` places them: it never touches the scrollback, which Ink 6 erases when a frame is as high as the terminal,
 * and the log is painted into the same write without passing through React (figures: `test/bench/README.md`).
 */
export class FrameStream extends Writable {
  readonly #size: () => Size;
  readonly #onFrame: (rows: string[]) => void;

  constructor(size: () => Size, onFrame: (rows: string[]) => void) {
    super({ decodeStrings: false });
    this.#size = size;
    this.#onFrame = onFrame;
  }

  /** Ink reads it at every layout. */
  get columns(): number {
    return this.#size().columns;
  }

  get rows(): number {
    return this.#size().rows;
  }

  override _write(chunk: unknown, _encoding: string, done: () => void): void {
    if (typeof chunk === 'string' && chunk !== '') this.#onFrame(chunk.split('\n'));
    done();
  }
}
