import type { TranslatedRepository, Translation } from '../../onnx-as-python/translated-repository.ts';
import { MODELS } from './spec.ts';

const INSIDE = new RegExp(`(^|[\\s'"(])${MODELS}(?=/)`, 'g');

/** What the container has at `/models`: the staged repository, or its translation for a server that cannot run ONNX. */
export class ServedRepository {
  /** The folder on this machine. */
  readonly directory: string;
  readonly #translated: TranslatedRepository | undefined;

  constructor(staged: string, translated: TranslatedRepository | undefined) {
    this.directory = translated?.directory ?? staged;
    this.#translated = translated;
  }

  /** Updates the served files of a model from the staged ones; undefined if they are the same files. */
  async translate(model: string): Promise<Translation | undefined> {
    return this.#translated?.translate(model);
  }

  /** Removes models that are no longer in the staged repository. */
  async tidy(): Promise<void> {
    await this.#translated?.tidy();
  }

  /** Replaces paths in Triton's text by those of the staged repository. */
  plain(text: string): string {
    const ours = outside(text, this.directory);
    return this.#translated ? this.#translated.plain(ours) : ours;
  }
}

/** Replaces `/models` in a container's text by the folder that is mounted or copied there. */
export function outside(text: string, directory: string): string {
  return text.replaceAll(INSIDE, (_all, before: string) => before + directory);
}
