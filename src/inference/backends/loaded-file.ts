import type { BigIntStats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { unavailable } from '../../kserve/index.ts';
import { stampOf } from '../../repository/index.ts';

/** Files up to this size are kept in memory. */
const KEPT_BYTES = 4 * 1024 * 1024;

/**
 * The file that a version was loaded from. Its path may later hold something else, such as a newer version or one that
 * failed to load, so only what was loaded is returned again.
 */
export class LoadedFile {
  readonly #model: string | Uint8Array;
  readonly #stamp: string | undefined;
  /** Its content; undefined if it is too large to keep. */
  readonly bytes: Uint8Array | undefined;

  private constructor(model: string | Uint8Array, stamp: string | undefined, bytes: Uint8Array | undefined) {
    this.#model = model;
    this.#stamp = stamp;
    this.bytes = bytes;
  }

  /**
   * Records a file before it is loaded (the load reports what is wrong with it), or the content itself if given bytes.
   */
  static async read(model: string | Uint8Array): Promise<LoadedFile> {
    if (typeof model !== 'string') return new LoadedFile(model, undefined, model);
    const found = await look(model);
    const isSmall = found !== undefined && found.size <= KEPT_BYTES;
    return new LoadedFile(model, found && stampOf(found), isSmall ? await readFile(model) : undefined);
  }

  /**
   * What to load again: the path while it still holds that file, because external data is found beside it.
   * @throws KServeError if the path holds another file by now and the content was too large to keep
   */
  async again(): Promise<string | Uint8Array> {
    if (typeof this.#model !== 'string') return this.#model;
    const found = await look(this.#model);
    if (found && stampOf(found) === this.#stamp) return this.#model;
    if (this.bytes) return this.bytes;
    throw unavailable(
      `the thread of this model ended, and ${this.#model} has changed since it was loaded; load the model again`,
    );
  }
}

function look(file: string): Promise<BigIntStats | undefined> {
  return stat(file, { bigint: true }).catch(() => undefined);
}
