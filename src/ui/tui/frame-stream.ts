import { Writable } from 'node:stream';
import type { Size } from './terminal.ts';

/**
 * What Ink draws to. In its debug mode Ink hands over each frame as plain rows and leaves erasing and placing to
 * others, which is what we want: `Terminal` does that without ever touching the scrollback (Ink 6 erases it when a
 * frame once was as high as the terminal), and the log pane gets its rows without passing through React.
 */
export class FrameStream extends Writable {
  readonly #size: () => Size;
  readonly #onFrame: (rows: string[]) => void;

  constructor(size: () => Size, onFrame: (rows: string[]) => void) {
    super({ decodeStrings: false });
    this.#size = size;
    this.#onFrame = onFrame;
  }

  /** Asked for by Ink at every layout. */
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
