import type { LogEntry } from '../../events/index.ts';
import { formatCount } from '../format.ts';
import type { Style } from '../style.ts';
import { cut, sanitize, widthOf, wrap } from '../text.ts';
import type { LogView } from './log-view.ts';

const SOURCE_WIDTH = 9;
const TIME_FROM_COLUMNS = 100;
const MOST_CACHED = 2_000;

/** Makes the rows of the log pane: each line is cleaned, cut and coloured once for a width. */
export class LogRows {
  readonly #style: Style;
  readonly #cache = new Map<number, string>();
  #columns = 0;

  constructor(style: Style) {
    this.#style = style;
  }

  row(entry: LogEntry, columns: number): string {
    if (columns !== this.#columns || this.#cache.size > MOST_CACHED) {
      this.#cache.clear();
      this.#columns = columns;
    }
    let row = this.#cache.get(entry.id);
    if (row === undefined) {
      row = this.#make(entry, columns);
      this.#cache.set(entry.id, row);
    }
    return row;
  }

  /** The whole of a line, as many rows as it takes. */
  wrapped(entry: LogEntry, columns: number): string[] {
    const head = this.#head(entry, columns);
    const width = Math.max(1, columns - 1 - widthOf(head));
    const paint = entry.level === 'error' ? this.#style.red : (text: string) => text;
    return wrap(sanitize(entry.text, false), width, width).map(
      (part, index) => (index === 0 ? head : ' '.repeat(widthOf(head))) + paint(part),
    );
  }

  #make(entry: LogEntry, columns: number): string {
    const style = this.#style;
    const { level, text } = entry;
    const head = this.#head(entry, columns);
    const short = cut(sanitize(text, style.color), columns - 1 - widthOf(head));
    const paint = short.includes('\u001B') ? undefined : level === 'error' ? style.red : undefined;
    return head + (paint ? paint(short) : short);
  }

  #head({ time, source, level }: LogEntry, columns: number): string {
    const style = this.#style;
    const mark = level === 'error' ? style.red('✖') : level === 'warning' ? style.yellow('▲') : ' ';
    const clock = columns >= TIME_FROM_COLUMNS ? `${style.dim(clockTime(time))} ` : '';
    const name = source === 'script' ? style.cyan : style.dim;
    return `${mark} ${clock}${name(source.padEnd(SOURCE_WIDTH))}`;
  }
}

/** The rule above the log pane: what is filtered, and where the window stands. */
export function logTitle(view: LogView, columns: number, style: Style, dropped: number): string {
  const { level, text } = view.filter;
  const facts = [formatCount(view.count) + (view.count === 1 ? ' line' : ' lines')];
  if (level === 'warning') facts.push('warnings and errors');
  if (level === 'error') facts.push('errors only');
  if (text !== '') facts.push(`with "${text}"`);
  if (dropped > 0 && columns >= 100) facts.push(`${formatCount(dropped)} older dropped`);
  const left = `── log · ${facts.join(' · ')} `;
  const right = ` ${position(view)} ──`;
  const rule = '─'.repeat(Math.max(0, columns - 1 - widthOf(left) - widthOf(right)));
  const title = cut(left + rule + right, columns - 1);
  return view.following ? style.dim(title) : style.yellow(title);
}

function position(view: LogView): string {
  if (view.following) return 'following';
  const lost = view.anchorLost ? 'older lines are gone · ' : '';
  return `${lost}▼ ${formatCount(view.below)} below · End follows`;
}

/** The time of day here of an ISO moment. */
export function clockTime(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return '--:--:--';
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}
