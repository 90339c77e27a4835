import { Box, Text } from 'ink';
import type { EmulatorState } from '../../events/index.ts';
import { formatDuration, formatPath, formatUptime } from '../format.ts';
import type { Style } from '../style.ts';
import { sanitize, widthOf } from '../text.ts';
import { type Frame, Row } from './rows.tsx';

/** The least room for the left part; with less, the right part is not shown. */
const LEAST_LEFT = 8;
const GAP = 2;

/** Name, state and project; at the right edge the uptime. */
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
  const right = uptime(state, now, columns >= 100);
  const hasRoom = columns - 2 - GAP - widthOf(right) >= LEAST_LEFT;
  return (
    <Box columnGap={GAP}>
      <Box flexGrow={1} flexBasis={0}>
        <Row>{[style.bold('triton-local'), ...words].join('  ')}</Row>
      </Box>
      {hasRoom && (
        <Box flexShrink={0}>
          <Text>{style.dim(right)}</Text>
        </Box>
      )}
    </Box>
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

/** Empty while saves are followed the usual way. */
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
