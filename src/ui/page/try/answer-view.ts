import { formatCount, formatDuration } from '../../format.ts';
import { byId, el, setText } from '../dom.ts';

/** Longer bodies are cut off: the page stays usable. */
const MOST_SHOWN = 200_000;
const MOST_VALUES = 64;

interface OutputTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
}

/** The answer to the last request: status, times, generation, outputs as tables, and the body. */
export class AnswerView {
  readonly #facts = byId('answer-facts', HTMLElement);
  readonly #outputs = byId('answer-outputs', HTMLElement);
  readonly #body = byId('answer-body', HTMLElement);

  show(answer: Response, bytes: Uint8Array, totalMs: number): void {
    const { headers } = answer;
    const parts = [`${answer.status} ${answer.statusText}`, formatDuration(totalMs)];
    const runMs = headers.get('x-ms-run-fn-exec-ms');
    if (runMs !== null) parts.push(`run() ${formatDuration(Number(runMs))}`);
    const generation = headers.get('x-triton-local-generation');
    if (generation !== null && generation !== '0') parts.push(`gen ${generation}`);
    if (headers.get('x-triton-local-stale') === 'true') parts.push('stale');
    parts.push(`${formatCount(bytes.byteLength)} bytes`, headers.get('content-type') ?? 'no type');
    setText(this.#facts, parts.join(' · '));
    this.#facts.dataset.status = answer.ok ? 'ok' : 'error';
    const text = new TextDecoder().decode(bytes.subarray(0, MOST_SHOWN));
    const json = bytes.byteLength <= MOST_SHOWN ? parsed(text) : undefined;
    this.#outputs.replaceChildren(...outputsIn(json).map(tableOf));
    const cut =
      bytes.byteLength > MOST_SHOWN ? `\n… ${formatCount(bytes.byteLength - MOST_SHOWN)} more bytes` : '';
    setText(this.#body, json === undefined ? text + cut : indented(json));
  }

  fail(reason: string): void {
    setText(this.#facts, `No answer: ${reason}`);
    this.#facts.dataset.status = 'error';
    this.#outputs.replaceChildren();
    setText(this.#body, '');
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Indented, with lists of plain values on one line. */
function indented(value: unknown): string {
  const lists: string[] = [];
  const text = JSON.stringify(
    value,
    (_key, part: unknown) => {
      if (!Array.isArray(part) || part.some((one) => typeof one === 'object' && one !== null)) return part;
      lists.push(JSON.stringify(part));
      return `\u0000${lists.length - 1}\u0000`;
    },
    2,
  );
  return text.replace(/"\\u0000(\d+)\\u0000"/g, (_match, index) => lists[Number(index)] ?? '');
}

/** The outputs in an answer of Triton's. */
function outputsIn(json: unknown): OutputTensor[] {
  if (typeof json !== 'object' || json === null || !('outputs' in json)) return [];
  return Array.isArray(json.outputs) ? json.outputs.filter(isTensor) : [];
}

function isTensor(value: unknown): value is OutputTensor {
  if (typeof value !== 'object' || value === null) return false;
  const { name, shape, data } = value as Partial<OutputTensor>;
  return typeof name === 'string' && Array.isArray(shape) && Array.isArray(data);
}

/** The first values of an output, numbers with bars. */
function tableOf({ name, datatype, shape, data }: OutputTensor): HTMLElement {
  const shown = data.slice(0, MOST_VALUES);
  const most = Math.max(...shown.map((value) => Math.abs(Number(value)) || 0));
  const rows = shown.map((value, index) =>
    el(
      'tr',
      {},
      el('td', { class: 'number' }, String(index)),
      el('td', {}, String(value)),
      el('td', {}, bar(value, most)),
    ),
  );
  const more = data.length > shown.length ? ` (first ${MOST_VALUES} of ${formatCount(data.length)})` : '';
  return el(
    'details',
    {},
    el('summary', {}, `${name} · ${datatype} [${shape.join(', ')}]${more}`),
    el('table', { class: 'tensor' }, el('tbody', {}, ...rows)),
  );
}

function bar(value: unknown, most: number): HTMLElement {
  const piece = el('span', { class: 'bar', 'aria-hidden': 'true' });
  const share = typeof value === 'number' && most > 0 ? Math.abs(value) / most : 0;
  piece.style.width = `${Math.round(share * 100)}%`;
  return piece;
}
