import { Box, Text } from 'ink';
import type { RequestEntry, RequestFigures } from '../../events/index.ts';
import { formatCount, formatDuration, formatRate } from '../format.ts';
import type { Style } from '../style.ts';
import { sanitize } from '../text.ts';
import { clockTime } from './log-rows.ts';
import { FittingParts, Row } from './rows.tsx';

const DURATION_WIDTH = 9;
const PATH_WIDTH = 40;

/** Rate, latencies and counts of all requests. */
export function RequestTotals({
  figures: { total, failed, perSecond, p50, p95 },
  style,
}: {
  readonly figures: RequestFigures;
  readonly style: Style;
}) {
  if (p50 === null || p95 === null) return <Text>{style.dim('none yet')}</Text>;
  const parts = [
    style.bold(formatRate(perSecond)),
    `p50 ${formatDuration(p50)}`,
    `p95 ${formatDuration(p95)}`,
    ...(failed > 0 ? [style.red(`${formatCount(failed)} failed`)] : []),
    `${formatCount(total)} total`,
  ];
  return <FittingParts parts={parts} style={style} />;
}

/** One row a request. */
export function Requests({
  requests,
  style,
}: {
  readonly requests: readonly RequestEntry[];
  readonly style: Style;
}) {
  // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place on the screen
  return requests.map((request, row) => <RequestRow key={row} request={request} style={style} />);
}

/** `POST /score  200  3.2 ms  14:03:12`; a path that is too long is shortened. */
function RequestRow({
  request: { method, path, status, totalMs, time },
  style,
}: {
  readonly request: RequestEntry;
  readonly style: Style;
}) {
  const paint = status >= 500 ? style.red : status >= 400 ? style.yellow : style.green;
  const mark = status >= 400 ? paint('✖') : ' ';
  const duration = formatDuration(totalMs).padStart(DURATION_WIDTH);
  return (
    <Box columnGap={2}>
      <Box width={PATH_WIDTH}>
        <Row>{sanitize(`${method} ${path}`, false)}</Row>
      </Box>
      <Box flexShrink={0}>
        <Text>{`${paint(String(status))}${mark}${duration}  ${style.dim(clockTime(time))}`}</Text>
      </Box>
    </Box>
  );
}
