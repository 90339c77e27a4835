import { type EmulatorState, waitsForImage } from '../../events/index.ts';
import {
  formatBill,
  formatDifferences,
  formatDuration,
  formatEngine,
  formatPlural,
  formatSubject,
} from '../format.ts';
import type { Style } from '../style.ts';
import { sanitize } from '../text.ts';
import type { Layout } from './layout.ts';
import { clockTime } from './log-rows.ts';
import { type Frame, fact, joinFitting, LABEL_WIDTH, Rows } from './rows.tsx';

/** What runs, where it answers, and what the last reload did. */
export function Facts({
  state,
  shownKey,
  layout,
  frame,
}: {
  readonly state: EmulatorState;
  /** The key in clear, while the user wants to see it. */
  readonly shownKey: string | undefined;
  readonly layout: Layout;
  readonly frame: Frame;
}) {
  const { style } = frame;
  const texts: string[] = [];
  const add = (isShown: boolean, label: string, text: string) => {
    if (isShown) texts.push(fact(label, text, style));
  };
  add(layout.engine, 'engine', engineText(state, style));
  add(layout.urls > 0, 'scoring', linkText(state.scoringUri, style));
  add(layout.urls > 1, 'triton', linkText(state.httpUrl, style));
  add(layout.key, 'key', keyText(shownKey, style));
  // First, since a narrow screen cuts the end off.
  const wayOut = waitsForImage(state) ? style.dim('Esc: use what is here · ') : '';
  add(layout.progress, 'preparing', wayOut + style.yellow(state.progress ?? ''));
  add(layout.serving, 'serving', servingText(state, style));
  add(layout.reload, 'reload', reloadText(state, frame.columns - 2 - LABEL_WIDTH, style));
  add(layout.replay, 'replay', replayText(state, frame.columns - 2 - LABEL_WIDTH, style));
  return <Rows texts={texts} frame={frame} />;
}

function engineText({ engine }: EmulatorState, style: Style): string {
  if (!engine) return style.dim('…');
  if (engine.exited !== undefined) return style.red(`✖ ${engine.kind} ended: ${engine.exited}`);
  const reason = engine.reason === '' ? '' : style.dim(` · ${engine.reason}`);
  return `${style.bold(formatEngine(engine))}${reason}`;
}

const linkText = (url: string | null, style: Style) => (url === null ? style.dim('…') : style.cyan(url));

function keyText(shownKey: string | undefined, style: Style): string {
  return shownKey === undefined
    ? `••••••••${style.dim(' · k shows and copies it')}`
    : `${shownKey}${style.dim(' · k hides it')}`;
}

function servingText(state: EmulatorState, style: Style): string {
  if (state.deployment === 'no-code') return `the models alone ${style.dim('· no-code deployment')}`;
  if (state.generation === 0 && state.workers.length === 0) return style.dim('…');
  const ready = state.workers.filter((worker) => worker.state === 'ready').length;
  const starting = state.workers.length - ready;
  const parts = [`${formatPlural(ready, 'worker')} ready`];
  if (starting > 0) parts.push(style.yellow(`${starting} starting`));
  if (state.workersDied > 0) parts.push(style.red(`${state.workersDied} died`));
  const generation =
    state.generation === 0 ? style.yellow('no generation yet') : style.bold(`generation ${state.generation}`);
  return [generation, ...parts].join(style.dim(' · '));
}

function reloadText({ reload, reloads, projectDir }: EmulatorState, width: number, style: Style): string {
  if (!reload) return '';
  const subject = formatSubject(reload.causes, reload.actions, projectDir);
  if (reload.outcome === 'planned' || !reload.timings) return style.yellow(`◐ ${subject}`);
  const { actions, outcome, timings, time } = reload;
  const took = `in ${formatDuration(timings.totalMs)}`;
  const isEmpty = actions.length === 0;
  const done = isEmpty ? 'nothing had changed' : `${subject} ${took}`;
  const first =
    outcome === 'failed' ? `${style.red(`✖ ${subject} failed`)} ${took}` : `${style.green('✔')} ${done}`;
  const more = [formatBill(timings), clockTime(time), formatPlural(reloads, 'reload')].filter(Boolean);
  return joinFitting([first, ...more.map((part) => style.dim(part))], style.dim(' · '), width);
}

function replayText({ replay }: EmulatorState, width: number, style: Style): string {
  if (!replay) return '';
  const { method, path, status, change } = replay;
  const paint = status === 200 ? style.green : style.red;
  const request = `${sanitize(`${method} ${path}`, false)} ${paint(String(status))}`;
  if (!change) return joinFitting([request, style.dim('again after each reload')], style.dim(' · '), width);
  const isSame = change.differenceCount === 0 && change.statusBefore === status;
  const differences = formatDifferences({ status, ...change }).map((text) => sanitize(text, false));
  const shown = differences.map(isSame ? style.dim : style.yellow);
  return joinFitting([request, ...shown], style.dim(' · '), width);
}
