import { type EmulatorState, waitsForImage } from '../../events/index.ts';
import {
  formatDifferences,
  formatDuration,
  formatEngine,
  formatPlural,
  formatSubject,
  formatTimings,
} from '../format.ts';
import type { Style } from '../style.ts';
import { sanitize } from '../text.ts';
import type { Layout } from './layout.ts';
import { clockTime } from './log-rows.ts';
import { Fact, FittingParts, type Frame, Row } from './rows.tsx';

/** What runs, where it answers, and what the last reload did. */
export function Facts({
  state,
  shownKey,
  layout,
  frame: { style },
}: {
  readonly state: EmulatorState;
  /** The access key in plain text, while it is shown. */
  readonly shownKey: string | undefined;
  readonly layout: Layout;
  readonly frame: Frame;
}) {
  // First, because a narrow screen cuts off the end.
  const escapeHint = waitsForImage(state) ? style.dim('Esc: use what is here · ') : '';
  const facts: readonly [isShown: boolean, label: string, parts: readonly string[]][] = [
    [layout.engine, 'engine', [engineText(state, style)]],
    [layout.urls > 0, 'scoring', [linkText(state.scoringUri, style)]],
    [layout.urls > 1, 'triton', tritonParts(state, style)],
    [layout.key, 'key', [keyText(shownKey, style)]],
    [layout.progress, 'preparing', [escapeHint + style.yellow(state.progress ?? '')]],
    [layout.serving, 'serving', [servingText(state, style)]],
    [layout.reload, 'reload', reloadParts(state, style)],
    [layout.replay, 'replay', replayParts(state, style)],
  ];
  return facts.map(
    ([isShown, label, parts]) =>
      isShown && (
        <Fact key={label} label={label} style={style}>
          {parts.length > 1 ? <FittingParts parts={parts} style={style} /> : <Row>{parts[0] ?? ''}</Row>}
        </Fact>
      ),
  );
}

function engineText({ engine }: EmulatorState, style: Style): string {
  if (!engine) return style.dim('…');
  if (engine.exited !== undefined) return style.red(`✖ ${engine.kind} ended: ${engine.exited}`);
  const reason = engine.reason === '' ? '' : style.dim(` · ${engine.reason}`);
  return `${style.bold(formatEngine(engine))}${reason}`;
}

const linkText = (url: string | null, style: Style) => (url === null ? style.dim('…') : style.cyan(url));

/** HTTP first, then the other ports that are open. */
function tritonParts({ httpUrl, grpcAddress, metricsUrl }: EmulatorState, style: Style): string[] {
  const parts = [linkText(httpUrl, style)];
  if (grpcAddress !== null) parts.push(`${style.dim('gRPC')} ${style.cyan(grpcAddress)}`);
  if (metricsUrl !== null) parts.push(`${style.dim('metrics')} ${style.cyan(metricsUrl)}`);
  return parts;
}

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

function reloadParts({ reload, reloads, projectDir }: EmulatorState, style: Style): string[] {
  if (!reload) return [];
  const subject = formatSubject(reload.causes, reload.actions, projectDir);
  if (reload.outcome === 'planned' || !reload.timings) return [style.yellow(`◐ ${subject}`)];
  const { actions, outcome, timings, time } = reload;
  const took = `in ${formatDuration(timings.totalMs)}`;
  const isEmpty = actions.length === 0;
  const done = isEmpty ? 'nothing had changed' : `${subject} ${took}`;
  const first =
    outcome === 'failed' ? `${style.red(`✖ ${subject} failed`)} ${took}` : `${style.green('✔')} ${done}`;
  const more = [formatTimings(timings), clockTime(time), formatPlural(reloads, 'reload')].filter(Boolean);
  return [first, ...more.map((part) => style.dim(part))];
}

function replayParts({ replay }: EmulatorState, style: Style): string[] {
  if (!replay) return [];
  const { method, path, status, change } = replay;
  const paint = status === 200 ? style.green : style.red;
  const request = `${sanitize(`${method} ${path}`, false)} ${paint(String(status))}`;
  if (!change) return [request, style.dim('again after each reload')];
  const isSame = change.differenceCount === 0 && change.statusBefore === status;
  const differences = formatDifferences({ status, ...change }).map((text) => sanitize(text, false));
  return [request, ...differences.map(isSame ? style.dim : style.yellow)];
}
