import { formatDuration, formatTimings } from '../../format.ts';
import { byId, el, KeyedList } from '../dom.ts';
import type { EndedReload, PageModel } from '../page-model.ts';
import { clockTime } from './clock-time.ts';

/** The last reloads: what changed, what each took, and why it failed. */
export class Reloads {
  readonly #list = new KeyedList<EndedReload, HTMLElement>(byId('reloads', HTMLElement), {
    keyOf: ({ seq }) => String(seq),
    create,
    update: () => undefined,
  });
  #shown: unknown;

  show({ reloads }: PageModel): void {
    if (reloads === this.#shown) return;
    this.#shown = reloads;
    this.#list.show(reloads);
  }
}

function create(reload: EndedReload): HTMLElement {
  const { time, causes, actions, generation, timings } = reload;
  const subject = [...new Set(causes.length > 0 ? causes : actions.map(({ target }) => target))];
  const outcome = reload.type === 'reload.failed' ? 'failed' : 'completed';
  const names = subject.length > 3 ? [...subject.slice(0, 3), `${subject.length - 3} more`] : subject;
  const what = actions.length === 0 && outcome === 'completed' ? 'nothing had changed' : names.join(', ');
  const row = el(
    'li',
    {},
    el('span', { class: 'time' }, clockTime(time)),
    ` ${what}: ${outcome} in ${formatDuration(timings.totalMs)}, gen ${generation} `,
    el('small', { class: 'quiet' }, formatTimings(timings)),
    ...(reload.type === 'reload.failed' ? [el('pre', {}, reload.error.message)] : []),
  );
  row.dataset.outcome = outcome;
  return row;
}
