import type { EmulatorState } from '../../events/index.ts';
import { formatDuration, formatPath, formatUptime } from '../format.ts';
import type { Style } from '../style.ts';
import { sanitize } from '../text.ts';
import { type Frame, Rows, spread } from './rows.tsx';

/** Name, state, project; at the right how long it runs. */
export function Title({
  state,
  now,
  frame,
}: {
  readonly state: EmulatorState;
  readonly now: number;
  readonly frame: Frame;
}) {
  const { style, columns } = frame;
  const project = state.projectDir === null ? '' : style.dim(formatPath(state.projectDir));
  const words = [stateWord(state, style), watchWord(state, style), project].filter(Boolean);
  const left = [style.bold('triton-local'), ...words].join('  ');
  return (
    <Rows texts={[spread(left, style.dim(uptime(state, now, columns >= 100)), columns - 2)]} frame={frame} />
  );
}

function stateWord({ state, stale, generation, deployment, blockers }: EmulatorState, style: Style): string {
  switch (state) {
    case 'starting':
      return stale ? style.red('✖ waiting for a good save') : style.yellow('◐ starting');
    case 'ready':
      if (!stale) return style.green('● ready');
      return deployment === 'script' && generation === 0
        ? style.red('✖ broken')
        : style.yellow('▲ ready, stale');
    case 'degraded':
      return blockers.some(({ kind }) => kind === 'script')
        ? style.red('✖ waiting for a good save')
        : style.yellow(`▲ ready but for ${namesOf(blockers)}`);
    case 'stopping':
      return style.yellow('◐ stopping');
    case 'stopped':
      return style.dim('○ stopped');
    default:
      return state satisfies never;
  }
}

function namesOf(blockers: EmulatorState['blockers']): string {
  const [first, ...others] = blockers.map(({ name }) => sanitize(name, false));
  return others.length === 0 ? `${first}` : `${first} and ${others.length} more`;
}

/** Said only where saves are not followed the usual way. */
function watchWord({ watching }: EmulatorState, style: Style): string {
  switch (watching?.mode) {
    case 'paused':
      return style.inverse(' WATCHING PAUSED · w resumes ');
    case 'polling':
      return style.yellow('polling');
    case 'off':
      return style.dim('not watching');
    default:
      return '';
  }
}

function uptime({ startedAt, startMs }: EmulatorState, now: number, hasRoom: boolean): string {
  if (startedAt === null) return '';
  const up = `up ${formatUptime(Math.max(0, now - Date.parse(startedAt)))}`;
  return startMs === null || !hasRoom ? up : `ready in ${formatDuration(startMs)} · ${up}`;
}
