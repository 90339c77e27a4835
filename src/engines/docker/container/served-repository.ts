import type { TranslatedRepository, Translation } from '../../onnx-as-python/translated-repository.ts';
import { MODELS } from './spec.ts';

const INSIDE = new RegExp(`(^|[\\s'"(])${MODELS}(?=/)`, 'g');

/** What lies at `/models` inside: the staged repository, or its translation for a server that cannot run ONNX. */
export class ServedRepository {
  /** The folder on this machine. */
  readonly directory: string;
  readonly #translated: TranslatedRepository | undefined;

  constructor(staged: string, translated: TranslatedRepository | undefined) {
    this.directory = translated?.directory ?? staged;
    this.#translated = translated;
  }

  /** Brings what is served of a model up to the staged one; undefined where both are the same files. */
  async translate(model: string): Promise<Translation | undefined> {
    return this.#translated?.translate(model);
  }

  /** Forgets models that have left the staged repository. */
  async tidy(): Promise<void> {
    await this.#translated?.tidy();
  }

  /** Triton's text with the paths of the staged repository. */
  plain(text: string): string {
    const ours = outside(text, this.directory);
    return this.#translated ? this.#translated.plain(ours) : ours;
  }
}

/** A container's text with the folder that is mounted or copied there in place of `/models`. */
export function outside(text: string, directory: string): string {
  return text.replaceAll(INSIDE, (_all, before: string) => before + directory);
}
