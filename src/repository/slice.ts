import { setImmediate as nextTurn } from 'node:timers/promises';

const SLICE_MS = 4;

/**
 * Divides synchronous work into slices and yields to everything else between them. Synchronous `stat` calls cost a
 * seventh of those through the thread pool on a busy machine, but must not block on a slow drive.
 */
export class Slice {
  #end = performance.now() + SLICE_MS;

  /** Await it when `isOver`. */
  async next(): Promise<void> {
    await nextTurn();
    this.#end = performance.now() + SLICE_MS;
  }

  get isOver(): boolean {
    return performance.now() > this.#end;
  }
}
