import { setImmediate as nextTurn } from 'node:timers/promises';

const SLICE_MS = 4;

/**
 * Parts synchronous work into slices between which everything else gets its turn. Looking at files synchronously
 * costs a seventh of what it costs through the thread pool on a busy machine; on a slow drive it must not block.
 */
export class Slice {
  #end = performance.now() + SLICE_MS;

  /** To be awaited when `isOver`. */
  async next(): Promise<void> {
    await nextTurn();
    this.#end = performance.now() + SLICE_MS;
  }

  get isOver(): boolean {
    return performance.now() > this.#end;
  }
}
