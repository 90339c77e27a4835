import { Readable } from 'node:stream';

/** The worker that makes a streamed body, as its reader needs it. */
export interface ChunkSource {
  /** The reader has room for more. */
  resume(): void;
  /** The reader holds enough for now. */
  pause(): void;
  /** The reader wants no more. */
  cancel(): void;
}

/**
 * The body of a reply that a script makes piece by piece. Whoever takes it reads it to its end or destroys it, and then
 * looks whether it is `complete`: what came before a failure is still to be passed on.
 */
export class ReplyStream extends Readable {
  readonly #source: ChunkSource;
  complete = false;

  constructor(source: ChunkSource) {
    super();
    this.#source = source;
  }

  /** Adds the next piece. */
  append(data: Buffer): void {
    if (data.length > 0 && !this.destroyed && !this.push(data)) this.#source.pause();
  }

  finish(complete: boolean): void {
    this.complete = complete;
    this.push(null);
  }

  override _read(): void {
    this.#source.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#source.cancel();
    done(error);
  }
}
