import type { Answer } from './scheduled-request.ts';

interface Entry {
  readonly answer: Answer;
  readonly bytes: number;
}

/** Answers by key within a size limit; the least recently used is evicted (Triton's `local` cache). */
export class ResponseCache {
  readonly #limit: number;
  /** The most recently used are at the end. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  /** @param limit bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): Answer | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return copied(entry.answer);
  }

  /** Stores a copy, unless there is one already or it is larger than the whole cache. @returns whether it was stored */
  add(key: string, answer: Answer): boolean {
    const bytes = sizeOf(answer);
    if (this.#entries.has(key) || bytes > this.#limit) return false;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes + bytes <= this.#limit) break;
      this.delete(oldest);
    }
    this.#entries.set(key, { answer: copied(answer), bytes });
    this.#bytes += bytes;
    return true;
  }

  delete(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}

/** Tensors are views of larger buffers, and a receiver may transfer the buffer. */
function copied({ outputs, parameters }: Answer): Answer {
  return { outputs: outputs.map((one) => ({ ...one, data: new Uint8Array(one.data) })), parameters };
}

/** Tensor descriptions count too, so that entries without data are not free. */
function sizeOf({ outputs }: Answer): number {
  return outputs.reduce(
    (sum, { name, shape, data }) => sum + 32 + name.length + shape.length * 8 + data.byteLength,
    64,
  );
}
