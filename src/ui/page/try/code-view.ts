import { byId, setText } from '../dom.ts';
import { type CodeRequest, LANGUAGES, type Language } from './snippets.ts';

/** Longer code is not shown: nobody copies an image as numbers. */
const MOST_CHARACTERS = 200_000;

/** The request as code in one of the languages, to be copied. */
export class CodeView {
  readonly #language = byId('code-language', HTMLSelectElement);
  readonly #code = byId('code', HTMLElement);
  readonly #copied = byId('code-copied', HTMLElement);
  #request: CodeRequest | undefined;

  constructor() {
    this.#language.addEventListener('change', () => this.#render());
    byId('code-copy', HTMLButtonElement).addEventListener('click', () => void this.#copy());
  }

  show(request: CodeRequest): void {
    this.#request = request;
    this.#render();
  }

  #render(): void {
    if (!this.#request) return;
    const text = LANGUAGES[this.#language.value as Language](this.#request);
    setText(this.#code, text.length > MOST_CHARACTERS ? 'The body is too large to be shown as code.' : text);
    setText(this.#copied, '');
  }

  async #copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.#code.textContent ?? '');
      setText(this.#copied, 'copied');
    } catch {
      getSelection()?.selectAllChildren(this.#code);
      setText(this.#copied, 'the browser refuses to copy; the code is selected');
    }
  }
}
