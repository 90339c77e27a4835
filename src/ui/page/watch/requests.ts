import type { RequestRecord } from '../../../events/index.ts';
import { formatDuration } from '../../format.ts';
import { bodyOf, byId, el, KeyedList, setText } from '../dom.ts';
import type { PageModel } from '../page-model.ts';
import { read } from '../server.ts';
import { clockTime } from './clock-time.ts';

/** Requests are read again at most this often. */
const READ_EVERY_MS = 500;
const LIMIT = 100;

/** The newest requests with their time split; a button shows the log lines of one. */
export class RequestsTable {
  readonly #filter = byId('request-filter', HTMLInputElement);
  readonly #count = byId('request-count', HTMLElement);
  readonly #list: KeyedList<RequestRecord, HTMLTableRowElement>;
  #records: readonly RequestRecord[] = [];
  #version = -1;
  #readAt = Number.NEGATIVE_INFINITY;
  #isReading = false;

  /** @param showLogs called with the id of a request */
  constructor(showLogs: (id: string) => void) {
    this.#list = new KeyedList(bodyOf(byId('requests', HTMLTableElement)), {
      keyOf: ({ id, time }) => `${id} ${time}`,
      create: (record) => createRow(record, showLogs),
      // What was answered does not change.
      update: () => undefined,
    });
    this.#filter.addEventListener('input', () => this.#render());
  }

  /** Reads the requests if there are new ones and the last reading is old enough; returns whether it must be called again. */
  show({ requestVersion }: PageModel, now: number): boolean {
    if (requestVersion === this.#version) return false;
    if (this.#isReading || now - this.#readAt < READ_EVERY_MS) return true;
    this.#version = requestVersion;
    this.#readAt = now;
    this.#isReading = true;
    void read<readonly RequestRecord[]>(`requests?limit=${LIMIT}`).then((records) => {
      this.#isReading = false;
      if (!records) return;
      this.#records = records;
      this.#render();
    });
    return false;
  }

  #render(): void {
    const words = this.#filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = this.#records.filter((record) => {
      const text = `${record.method} ${record.path} ${record.status} ${record.model ?? ''} ${record.id}`;
      return words.every((word) => text.toLowerCase().includes(word));
    });
    this.#list.show(shown);
    const all = this.#records.length;
    setText(this.#count, words.length > 0 ? `${shown.length} of ${all}` : `${all} newest`);
  }
}

function createRow(record: RequestRecord, showLogs: (id: string) => void): HTMLTableRowElement {
  const { id, time, method, path, status, generation, batch, queueMs, runMs, totalMs } = record;
  const logs = el('button', { type: 'button', 'aria-label': `Logs of request ${id}` }, 'Logs');
  logs.addEventListener('click', () => showLogs(id));
  const isScored = !id.startsWith('engine-');
  const milliseconds = (value: number) => (value > 0 ? formatDuration(value) : '');
  const number = (text: string) => el('td', { class: 'number' }, text);
  const row = el(
    'tr',
    { title: id },
    el('td', { class: 'time' }, clockTime(time)),
    el('td', { class: 'name' }, `${method} ${path}`),
    el('td', { class: 'status' }, String(status)),
    number(generation > 0 ? String(generation) : ''),
    number(batch === undefined ? '' : String(batch)),
    number(milliseconds(queueMs)),
    number(milliseconds(runMs)),
    el('td', { class: 'number' }, formatDuration(totalMs), split(record)),
    el('td', {}, ...(isScored ? [logs] : [])),
  );
  row.dataset.status = status >= 500 || status === 0 ? 'error' : status >= 400 ? 'warning' : 'ok';
  return row;
}

/** Queue and run as shares of the whole. */
function split({ queueMs, runMs, totalMs }: RequestRecord): HTMLElement {
  const bar = el('span', { class: 'split', 'aria-hidden': 'true' });
  for (const [name, part] of [
    ['queue', queueMs],
    ['run', runMs],
  ] as const) {
    const piece = el('span', { class: name });
    piece.style.width = `${totalMs > 0 ? Math.min(100, (100 * part) / totalMs) : 0}%`;
    bar.append(piece);
  }
  return bar;
}
