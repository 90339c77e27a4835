import type { LogEntry, LogLevel } from '../../../events/index.ts';
import { isAtLeast } from '../../renderer.ts';
import { byId, el, setText } from '../dom.ts';
import type { PageModel } from '../page-model.ts';
import { clockTime } from './clock-time.ts';

/** Lines in the page; the model holds more, for filters. */
const MOST_LINES = 500;
/** How close to the end counts as the end, in pixels. */
const END_PIXELS = 8;

/** The log with filters; it follows until the reader scrolls up. */
export class LogView {
  readonly #pane = byId('log', HTMLElement);
  readonly #text = byId('log-filter', HTMLInputElement);
  readonly #level = byId('log-level', HTMLSelectElement);
  readonly #source = byId('log-source', HTMLSelectElement);
  readonly #follow = byId('log-follow', HTMLInputElement);
  readonly #count = byId('log-count', HTMLElement);
  readonly #model: PageModel;
  /** ID of the next line to look at. */
  #next = 0;

  constructor(model: PageModel) {
    this.#model = model;
    // Reachable by keyboard, since it scrolls.
    this.#pane.tabIndex = 0;
    for (const control of [this.#text, this.#level, this.#source])
      control.addEventListener('input', () => this.#refill());
    this.#follow.addEventListener('change', () => this.#scrollToEnd());
    byId('log-clear', HTMLButtonElement).addEventListener('click', () => {
      model.logs.clear();
      this.#refill();
    });
    this.#pane.addEventListener('scroll', () => {
      const { scrollTop, scrollHeight, clientHeight } = this.#pane;
      this.#follow.checked = scrollHeight - scrollTop - clientHeight <= END_PIXELS;
    });
  }

  /** Shows the lines with this text alone. */
  search(text: string): void {
    this.#text.value = text;
    this.#level.value = 'debug';
    this.#source.value = '';
    this.#refill();
    this.#pane.focus();
    this.#pane.scrollIntoView({ block: 'nearest' });
  }

  /** Adds the lines that have arrived. */
  show(): void {
    const { logs } = this.#model;
    if (this.#next >= logs.nextId) return;
    const fits = this.#filter();
    const fresh: LogEntry[] = [];
    // From the end, so that a flood costs no more than what is shown of it.
    for (let id = logs.nextId - 1; id >= Math.max(this.#next, logs.firstId); id -= 1) {
      const entry = logs.get(id);
      if (entry && fits(entry)) fresh.push(entry);
      if (fresh.length === MOST_LINES) break;
    }
    this.#next = logs.nextId;
    if (fresh.length === MOST_LINES) this.#pane.replaceChildren();
    this.#pane.append(...fresh.reverse().map(lineOf));
    while (this.#pane.childElementCount > MOST_LINES) this.#pane.firstElementChild?.remove();
    this.#scrollToEnd();
    this.#showCount();
  }

  #refill(): void {
    this.#pane.replaceChildren();
    this.#next = this.#model.logs.firstId;
    this.show();
    this.#showCount();
  }

  #filter(): (entry: LogEntry) => boolean {
    const text = this.#text.value.toLowerCase();
    const level = this.#level.value as LogLevel;
    const source = this.#source.value;
    return (entry) =>
      isAtLeast(entry.level, level) &&
      (source === '' || entry.source === source) &&
      (text === '' || entry.text.toLowerCase().includes(text) || entry.requestId?.toLowerCase() === text);
  }

  #scrollToEnd(): void {
    if (this.#follow.checked) this.#pane.scrollTop = this.#pane.scrollHeight;
  }

  #showCount(): void {
    const { logs } = this.#model;
    const held = logs.nextId - logs.firstId;
    const dropped = logs.dropped > 0 ? `, ${logs.dropped} older ones dropped` : '';
    setText(this.#count, `${this.#pane.childElementCount} of ${held} lines${dropped}`);
  }
}

function lineOf({ time, source, level, text, requestId }: LogEntry): HTMLElement {
  const line = el(
    'div',
    { class: 'line', ...(requestId !== undefined && { title: `request ${requestId}` }) },
    el('span', { class: 'time' }, clockTime(time)),
    el('span', { class: 'source' }, source),
    el('span', { class: 'text' }, text.replace(ESCAPES, '')),
  );
  line.dataset.level = level;
  return line;
}

// Colours of a terminal, which a page cannot show.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they begin with a control character
const ESCAPES = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;
