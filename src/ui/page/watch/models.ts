import {
  type EmulatorState,
  findFailure,
  type ModelStatistics,
  type ModelStatus,
} from '../../../events/index.ts';
import { formatCount, formatDuration, splitMessage } from '../../format.ts';
import { bodyOf, byId, el, KeyedList, setText } from '../dom.ts';
import type { PageModel } from '../page-model.ts';
import { act } from '../server.ts';
import type { Notice } from './notice.ts';

interface ModelRow {
  readonly model: ModelStatus;
  readonly statistics: ModelStatistics | undefined;
  /** Why it is not served, or why its newest content is not; empty while all is well. */
  readonly reason: string;
}

/** The models with state, reason and statistics, each with a button that loads it again. */
export class ModelsTable {
  readonly #list: KeyedList<ModelRow, HTMLTableRowElement>;
  #shown: readonly unknown[] = [];

  constructor(notice: Notice) {
    this.#list = new KeyedList(bodyOf(byId('models', HTMLTableElement)), {
      keyOf: ({ model }) => `${model.name} ${model.version}`,
      create: ({ model: { name } }) => createRow(name, notice),
      update: updateRow,
    });
  }

  show({ state }: PageModel): void {
    const { models, statistics, failures } = state;
    if (this.#shown[0] === models && this.#shown[1] === statistics && this.#shown[2] === failures) return;
    this.#shown = [models, statistics, failures];
    this.#list.show(models.map((model) => toRow(model, state)));
  }
}

function toRow(model: ModelStatus, { statistics, failures }: EmulatorState): ModelRow {
  const failure = findFailure(failures, model.name);
  const fault = failure ? splitMessage(failure.error.message).fault : '';
  const reason = fault || (model.state === 'UNAVAILABLE' ? model.reason : '');
  return {
    model,
    statistics: statistics.find(({ name, version }) => name === model.name && version === model.version),
    reason: fault !== '' && model.state === 'READY' ? `newest save: ${reason}` : reason,
  };
}

function createRow(name: string, notice: Notice): HTMLTableRowElement {
  const button = el('button', { type: 'button', 'aria-label': `Reload ${name}` }, 'Reload');
  button.addEventListener('click', () => {
    void notice.attempt(button, () => act('reload', { model: name }), `${name} was loaded again`);
  });
  const numbers = Array.from({ length: 5 }, () => el('td', { class: 'number' }));
  return el(
    'tr',
    {},
    el('th', { class: 'name' }, el('span'), el('small', { class: 'reason' })),
    el('td'),
    el('td', { class: 'state' }),
    ...numbers,
    el('td', {}, button),
  );
}

function updateRow(row: HTMLTableRowElement, { model, statistics, reason }: ModelRow): void {
  const [name, version, state, ...numbers] = row.cells;
  if (!name || !version || !state) return;
  const [nameText, reasonText] = name.children;
  if (nameText) setText(nameText, model.name);
  if (reasonText) setText(reasonText, reason);
  setText(version, model.version || '–');
  setText(state, model.restarts ? `${model.state}, restarted ${model.restarts}×` : model.state);
  row.dataset.state = reason !== '' && model.state === 'READY' ? 'stale' : model.state;
  const texts = statistics ? textsOf(statistics) : ['', '', '', '', ''];
  for (const [index, text] of texts.entries()) {
    const cell = numbers[index];
    if (cell) setText(cell, text);
  }
}

function textsOf(statistics: ModelStatistics): string[] {
  const { inferenceCount, executionCount, failureCount, queueMs, computeMs } = statistics;
  return [
    formatCount(inferenceCount),
    formatCount(failureCount),
    executionCount > 0 ? (inferenceCount / executionCount).toFixed(1) : '',
    formatDuration(queueMs),
    formatDuration(computeMs),
  ];
}
