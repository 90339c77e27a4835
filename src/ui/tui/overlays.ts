import { findFailure } from '../../events/index.ts';
import { formatAddresses, formatEngine, formatPath, formatStatistics } from '../format.ts';
import type { Style } from '../style.ts';
import { sanitize, wrap } from '../text.ts';
import { failureLines } from './banner.ts';
import { keyHelp } from './keys.ts';
import type { ScreenModel } from './screen-model.ts';

const KEY_WIDTH = 4;

/** The rows of the help, or of every long text in full. */
export function overlayRows(model: ScreenModel, style: Style): readonly string[] {
  return model.pane === 'help' ? helpRows(model, style) : detailRows(model, style);
}

/** The rows of an overlay that are visible: from `first` up to, not including, `end`. */
export interface VisibleRows {
  readonly first: number;
  readonly end: number;
}

/** Which of `count` rows a pane of `height` rows shows when it is scrolled to `offset`. */
export function visibleRows(offset: number, count: number, height: number): VisibleRows {
  const first = Math.max(0, Math.min(offset, count - height));
  return { first, end: Math.min(count, first + height) };
}

/** The beginning of the rule above an overlay: its name, and which rows are visible where not all are. */
export function overlayTitle(pane: ScreenModel['pane'], { first, end }: VisibleRows, count: number): string {
  const part = end - first === count ? '' : ` · ${first + 1}-${end} of ${count} ↑↓`;
  return `── ${pane}${part} `;
}

function helpRows({ size, leaveMeans }: ScreenModel, style: Style): string[] {
  const width = Math.max(8, size.columns - KEY_WIDTH - 3);
  return keyHelp(leaveMeans).flatMap(({ key, does }) =>
    wrap(does, width, width).map(
      (line, index) => ` ${style.bold((index === 0 ? key : '').padEnd(KEY_WIDTH))} ${line}`,
    ),
  );
}

function detailRows({ state, size }: ScreenModel, style: Style): string[] {
  const { columns } = size;
  const { engine, models, failures, statistics } = state;
  const rows: string[] = [];
  const section = (title: string) => {
    if (rows.length > 0) rows.push('');
    rows.push(` ${style.bold(title)}`);
  };
  const add = (text: string, indent = 1, paint = (line: string) => line) => {
    const width = Math.max(8, columns - 1 - indent);
    for (const line of wrap(sanitize(text, false), width, width)) rows.push(' '.repeat(indent) + paint(line));
  };
  if (failures.length > 0) {
    section('problems');
    for (const failure of failures)
      for (const line of failureLines(failure, state, columns, style)) rows.push(` ${line}`);
  }
  section(`models (${models.length})`);
  for (const { name, version, state: modelState, reason } of models) {
    const figures = statistics.find((it) => it.name === name && it.version === version);
    const done = figures ? `  ${formatStatistics(figures).join(', ')}` : '';
    const failed = modelState === 'READY' && findFailure(failures, name) ? ', newest save failed' : '';
    const paint = modelState === 'UNAVAILABLE' ? style.red : failed ? style.yellow : style.green;
    add(`${name} ${version || '-'} ${modelState}${failed}${done}`, 1, paint);
    for (const line of reason.split(/\r?\n/)) if (line.trim() !== '') add(line, 3);
  }
  if (engine) {
    section('engine');
    add(formatEngine(engine));
    add(engine.exited ?? engine.reason, 3);
  }
  section('addresses');
  if (state.scoringUri !== null) add(`scoring ${state.scoringUri}`);
  for (const [label, address] of formatAddresses(state)) add(`${label.padEnd(7)} ${address}`);
  if (state.projectDir !== null) add(`project ${formatPath(state.projectDir)}`);
  return rows;
}
