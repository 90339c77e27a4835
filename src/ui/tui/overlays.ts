import { findFailure } from '../../events/index.ts';
import { formatEngine, formatPath, formatStatistics } from '../format.ts';
import type { Style } from '../style.ts';
import { cut, sanitize, widthOf, wrap } from '../text.ts';
import { failureLines } from './banner.ts';
import { keyHelp } from './keys.ts';
import type { ScreenModel } from './screen-model.ts';

const KEY_WIDTH = 4;

/** The rows of what covers the log: the help, or every long text in full. None is wider than the screen. */
export function overlayRows(model: ScreenModel, style: Style): readonly string[] {
  const rows = model.pane === 'help' ? helpRows(model, style) : detailRows(model, style);
  return rows.map((row) => cut(row, model.size.columns - 1));
}

/** The rule above: what is shown, which part of it, and how to get back. */
export function overlayTitle(
  { pane, size }: ScreenModel,
  { first, height, count }: { readonly first: number; readonly height: number; readonly count: number },
  style: Style,
): string {
  const shown = count <= height ? '' : ` · ${first + 1}-${Math.min(count, first + height)} of ${count} ↑↓`;
  const left = `── ${pane}${shown} `;
  const right = ' Esc closes ──';
  const rule = '─'.repeat(Math.max(0, size.columns - 1 - widthOf(left) - widthOf(right)));
  return style.dim(cut(left + rule + right, size.columns - 1));
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
  if (state.httpUrl !== null) add(`Triton  ${state.httpUrl}`);
  if (state.projectDir !== null) add(`project ${formatPath(state.projectDir)}`);
  return rows;
}
