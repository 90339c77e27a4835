import { byId, setText } from '../dom.ts';

const SHOWN_MS = 6_000;

/** One line at the top of the page: how the last action went. */
export class Notice {
  readonly #line = byId('notice', HTMLElement);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Runs an action of this button and shows how it failed, or `done` if given. */
  async attempt(button: HTMLButtonElement, task: () => Promise<void>, done?: string): Promise<void> {
    button.disabled = true;
    try {
      await task();
      if (done !== undefined) this.show(done, false);
    } catch (error) {
      this.show(error instanceof Error ? error.message : String(error), true);
    } finally {
      button.disabled = false;
    }
  }

  show(text: string, isError: boolean): void {
    clearTimeout(this.#timer);
    setText(this.#line, text);
    this.#line.classList.toggle('error', isError);
    this.#line.hidden = false;
    this.#timer = setTimeout(() => {
      this.#line.hidden = true;
    }, SHOWN_MS);
  }
}
