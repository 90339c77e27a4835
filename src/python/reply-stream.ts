import { Readable } from 'node:stream';

/** What the reader of a streamed body asks of the worker that produces it. */
export interface ChunkSource {
  /** The reader has room for more. */
  resume(): void;
  /** The reader holds enough for now. */
  pause(): void;
  /** The reader needs no more. */
  cancel(): void;
}

/**
 * The body of a reply that a script produces piece by piece. Its consumer must read it to the end or destroy it, and
 * then check `complete`: what arrived before a failure is still passed on.
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
