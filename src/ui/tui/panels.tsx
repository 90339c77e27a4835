import {
  findFailure,
  type ModelStatistics,
  type ModelStatus,
  type ReloadFailure,
  type RequestEntry,
  type RequestFigures,
} from '../../events/index.ts';
import { formatCount, formatDuration, formatRate, formatStatistics, splitMessage } from '../format.ts';
import type { Style } from '../style.ts';
import { cut, fitTo, sanitize, widthOf } from '../text.ts';
import type { Layout } from './layout.ts';
import { clockTime } from './log-rows.ts';
import { type Frame, fact, joinFitting, LABEL_WIDTH, Rows } from './rows.tsx';

export interface PanelsProps {
  readonly models: readonly ModelStatus[];
  readonly failures: readonly ReloadFailure[];
  readonly statistics: readonly ModelStatistics[];
  readonly requests: readonly RequestEntry[];
  readonly figures: RequestFigures;
  readonly layout: Layout;
  readonly frame: Frame;
}

/** Models and requests: beside each other where there is room, else one above the other. */
export function Panels(props: PanelsProps) {
  if (!props.layout.figures) return null;
  return props.layout.wide ? <WidePanels {...props} /> : <NarrowPanels {...props} />;
}

const GAP = 3;

function WidePanels({ models, failures, statistics, requests, figures, layout, frame }: PanelsProps) {
  const { style, columns } = frame;
  const left = Math.floor((columns - 2 - GAP) * 0.48);
  const right = columns - 2 - GAP - left;
  const modelLines = modelTexts({ models, failures, statistics }, layout.models, left, style);
  const requestRows = requests.slice(0, layout.requests).map((it) => requestText(it, right, style));
  const lefts = [style.dim('models'), ...modelLines];
  const rights = [`${style.dim('requests')}  ${figuresText(figures, right - 10, style)}`, ...requestRows];
  const texts = Array.from({ length: 1 + Math.max(layout.models, layout.requests) }, (_, row) => {
    return `${fitTo(lefts[row] ?? '', left)}${' '.repeat(GAP)}${cut(rights[row] ?? '', right)}`;
  });
  return <Rows texts={texts} frame={frame} />;
}

function NarrowPanels({ models, failures, statistics, requests, figures, layout, frame }: PanelsProps) {
  const { style, columns } = frame;
  const width = columns - 2 - LABEL_WIDTH;
  const modelLines = modelTexts({ models, failures, statistics }, layout.models, width, style);
  const requestRows = requests.slice(0, layout.requests).map((it) => requestText(it, width, style));
  const texts = [
    ...modelLines.map((text, row) => fact(row === 0 ? 'models' : '', text, style)),
    fact('requests', figuresText(figures, width, style), style),
    ...Array.from({ length: layout.requests }, (_, row) => fact('', requestRows[row] ?? '', style)),
  ];
  return <Rows texts={texts} frame={frame} />;
}

/** Rows that all models take: one each, and one more for the reason of what is broken. */
export function modelRows(models: readonly ModelStatus[], failures: readonly ReloadFailure[]): number {
  return models.length + models.filter((model) => reasonOf(model, failures) !== '').length;
}

/** Why a model is not served, or why its newest content is not; the fault alone. Empty while all is well. */
function reasonOf({ name, state, reason }: ModelStatus, failures: readonly ReloadFailure[]): string {
  const failure = findFailure(failures, name);
  const text = failure ? splitMessage(failure.error.message).fault : state === 'UNAVAILABLE' ? reason : '';
  return sanitize(text, false);
}

/** Name, version, state and work of models; what is broken comes first, and the last row counts those without room. */
function modelTexts(
  { models, failures, statistics }: Pick<PanelsProps, 'models' | 'failures' | 'statistics'>,
  rows: number,
  width: number,
  style: Style,
): string[] {
  const reasons = new Map(models.map((model) => [model, reasonOf(model, failures)]));
  const rank = (model: ModelStatus) => rankOf(model, reasons.get(model) !== '');
  const sorted = [...models].sort((one, other) => rank(one) - rank(other));
  const longest = Math.max(8, ...models.map((model) => widthOf(model.name)));
  const nameWidth = Math.max(4, Math.min(width - BESIDE_NAME, longest));
  const textOf = (model: ModelStatus) => {
    const text = modelText(model, nameWidth, reasons.get(model) !== '', style);
    const done = statistics.find(({ name, version }) => name === model.name && version === model.version);
    const room = width - widthOf(text) - 2;
    if (!done || room < LEAST_FIGURES) return text;
    return `${text}  ${style.dim(cut(joinFitting(formatStatistics(done), ' · ', room), room))}`;
  };
  if (rows < 2) {
    const hidden = sorted.length - 1;
    const more = hidden > 0 ? style.dim(` +${formatCount(hidden)} more`) : '';
    return sorted.slice(0, rows).map((model) => {
      const reason = reasons.get(model) ? `  ${style.dim(reasons.get(model) ?? '')}` : '';
      return cut(textOf(model) + reason, width - widthOf(more)) + more;
    });
  }
  const texts: string[] = [];
  const room = modelRows(models, failures) > rows ? rows - 1 : rows;
  let shown = 0;
  for (const model of sorted) {
    const added = [textOf(model)];
    const reason = reasons.get(model);
    if (reason) {
      const label = model.state === 'READY' ? 'newest save: ' : '';
      added.push(cut(`  ${style.red(label + reason)}`, width));
    }
    if (texts.length + added.length > room) break;
    texts.push(...added);
    shown += 1;
  }
  const hidden = sorted.length - shown;
  if (hidden > 0)
    texts.push(
      style.dim(`and ${formatCount(hidden)} more, ${readyCount(models)} READY in all · d shows all`),
    );
  return texts;
}

const readyCount = (models: readonly ModelStatus[]) => models.filter((it) => it.state === 'READY').length;

function rankOf({ state }: ModelStatus, isBroken: boolean): number {
  if (state === 'UNAVAILABLE') return 0;
  if (isBroken) return 1;
  return state === 'READY' ? 3 : 2;
}

/** Figures of a model are not begun in less room than this. */
const LEAST_FIGURES = 12;
/** Glyph, version, state and the spaces between take this much beside the name. */
const BESIDE_NAME = 19;

function modelText(
  { name, version, state, restarts }: ModelStatus,
  nameWidth: number,
  isBroken: boolean,
  style: Style,
): string {
  const [glyph, paint] =
    isBroken && state === 'READY' ? (['▲', style.yellow] as const) : modelLook(state, style);
  const again = restarts ? style.yellow(`  restarted ${formatCount(restarts)}×`) : '';
  return `${paint(glyph)} ${fitTo(name, nameWidth)} ${(version || '-').padStart(2)}  ${paint(state)}${again}`;
}

function modelLook(state: ModelStatus['state'], style: Style): [string, (text: string) => string] {
  switch (state) {
    case 'READY':
      return ['●', style.green];
    case 'LOADING':
    case 'UNLOADING':
      return ['◐', style.yellow];
    case 'UNAVAILABLE':
      return ['✖', style.red];
    case 'UNKNOWN':
      return ['○', style.dim];
    default:
      return state satisfies never;
  }
}

function figuresText(
  { total, failed, perSecond, p50, p95 }: RequestFigures,
  width: number,
  style: Style,
): string {
  if (p50 === null || p95 === null) return style.dim('none yet');
  const parts = [
    style.bold(formatRate(perSecond)),
    `p50 ${formatDuration(p50)}`,
    `p95 ${formatDuration(p95)}`,
  ];
  if (failed > 0) parts.push(style.red(`${formatCount(failed)} failed`));
  parts.push(`${formatCount(total)} total`);
  return joinFitting(parts, style.dim(' · '), width);
}

const DURATION_WIDTH = 9;

/** `POST /score  200  3.2 ms  14:03:12`; the path gives way. */
function requestText(request: RequestEntry, width: number, style: Style): string {
  const { method, path, status, totalMs, time } = request;
  const paint = status >= 500 ? style.red : status >= 400 ? style.yellow : style.green;
  const mark = status >= 400 ? paint('✖') : ' ';
  const tail = `${paint(String(status))}${mark}${formatDuration(totalMs).padStart(DURATION_WIDTH)}  ${style.dim(clockTime(time))}`;
  const room = Math.min(40, width - widthOf(tail) - 2);
  return `${fitTo(sanitize(`${method} ${path}`, false), room)}  ${tail}`;
}
