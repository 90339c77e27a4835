import { Box, Text } from 'ink';
import {
  findFailure,
  type ModelStatistics,
  type ModelStatus,
  type ReloadFailure,
} from '../../events/index.ts';
import { formatCount, formatStatistics, splitMessage } from '../format.ts';
import type { Style } from '../style.ts';
import { sanitize, widthOf } from '../text.ts';
import { FittingParts, Row, Rows } from './rows.tsx';

/** What is known of the models. */
export interface ModelFacts {
  readonly models: readonly ModelStatus[];
  readonly failures: readonly ReloadFailure[];
  readonly statistics: readonly ModelStatistics[];
}

/** Glyph, version, state and the spaces between take this much beside the name. */
const BESIDE_NAME = 19;
const LEAST_NAME = 4;
/** Statistics are omitted if they have less space than this. */
const LEAST_STATISTICS = 12;

/** How many rows all models take: one each, and one more for the reason of a broken one. */
export function modelRows(models: readonly ModelStatus[], failures: readonly ReloadFailure[]): number {
  return models.length + models.filter((model) => reasonOf(model, failures) !== '').length;
}

/**
 * Models with version, state and statistics in at most `rows` rows; broken ones come first, and the last row counts
 * those without room.
 */
export function Models({
  models,
  failures,
  statistics,
  rows,
  width,
  style,
}: ModelFacts & { readonly rows: number; readonly width: number; readonly style: Style }) {
  const longest = Math.max(8, ...models.map((model) => widthOf(model.name)));
  const nameWidth = Math.max(LEAST_NAME, Math.min(width - BESIDE_NAME, longest));
  const shown = models
    .map((model) => ({ model, reason: reasonOf(model, failures) }))
    .sort((one, other) => rankOf(one) - rankOf(other));
  const row = (it: ReasonedModel) => (
    <ModelRow {...it} statistics={statisticsOf(it.model, statistics)} {...{ nameWidth, width, style }} />
  );
  const [first] = shown;
  if (rows < 1 || !first) return null;
  if (rows === 1) {
    const reason = first.reason && `  ${style.dim(first.reason)}`;
    const more = shown.length > 1 ? style.dim(` +${formatCount(shown.length - 1)} more`) : '';
    return (
      <Box>
        <Box flexShrink={1}>{row(first)}</Box>
        <Box flexGrow={1} flexBasis={0}>
          <Row>{reason}</Row>
        </Box>
        <Box flexShrink={0}>
          <Text>{more}</Text>
        </Box>
      </Box>
    );
  }
  const whole = fittingModels(shown, rows);
  const hidden = shown.length - whole.length;
  return (
    <>
      {whole.map((it) => (
        <Box key={`${it.model.name} ${it.model.version}`} flexDirection="column" flexShrink={0}>
          {row(it)}
          {it.reason !== '' && <Row>{reasonText(it, style)}</Row>}
        </Box>
      ))}
      {hidden > 0 && (
        <Rows
          texts={[
            style.dim(`and ${formatCount(hidden)} more, ${readyCount(models)} READY in all · d shows all`),
          ]}
        />
      )}
    </>
  );
}

interface ReasonedModel {
  readonly model: ModelStatus;
  /** Why it is not served, or why its newest content is not; empty while all is well. */
  readonly reason: string;
}

/** The models that fit with their reasons, leaving a row for the count of the others. */
function fittingModels(models: readonly ReasonedModel[], rows: number): readonly ReasonedModel[] {
  const heightOf = ({ reason }: ReasonedModel) => (reason === '' ? 1 : 2);
  const height = models.reduce((sum, model) => sum + heightOf(model), 0);
  let room = height > rows ? rows - 1 : rows;
  const end = models.findIndex((model) => {
    room -= heightOf(model);
    return room < 0;
  });
  return end < 0 ? models : models.slice(0, end);
}

function ModelRow({
  model: { name, version, state, restarts },
  reason,
  statistics,
  nameWidth,
  width,
  style,
}: ReasonedModel & {
  readonly statistics: ModelStatistics | undefined;
  readonly nameWidth: number;
  readonly width: number;
  readonly style: Style;
}) {
  const [glyph, paint] =
    reason !== '' && state === 'READY' ? (['▲', style.yellow] as const) : stateMark(state, style);
  const again = restarts ? style.yellow(`  restarted ${formatCount(restarts)}×`) : '';
  const tail = ` ${(version || '-').padStart(2)}  ${paint(state)}${again}`;
  const room = width - 2 - nameWidth - widthOf(tail) - 2;
  return (
    <Box>
      <Text>{`${paint(glyph)} `}</Text>
      <Box width={nameWidth} flexShrink={0}>
        <Row>{name}</Row>
      </Box>
      <Row>{tail}</Row>
      {statistics && room >= LEAST_STATISTICS && (
        <Box marginLeft={2} width={room}>
          <FittingParts parts={formatStatistics(statistics).map(style.dim)} style={style} />
        </Box>
      )}
    </Box>
  );
}

/** The fault of a model alone; empty while all is well. */
function reasonOf({ name, state, reason }: ModelStatus, failures: readonly ReloadFailure[]): string {
  const failure = findFailure(failures, name);
  const text = failure ? splitMessage(failure.error.message).fault : state === 'UNAVAILABLE' ? reason : '';
  return sanitize(text, false);
}

function reasonText({ model, reason }: ReasonedModel, style: Style): string {
  return `  ${style.red(`${model.state === 'READY' ? 'newest save: ' : ''}${reason}`)}`;
}

function statisticsOf(
  model: ModelStatus,
  statistics: readonly ModelStatistics[],
): ModelStatistics | undefined {
  return statistics.find(({ name, version }) => name === model.name && version === model.version);
}

const readyCount = (models: readonly ModelStatus[]) => models.filter((it) => it.state === 'READY').length;

function rankOf({ model: { state }, reason }: ReasonedModel): number {
  if (state === 'UNAVAILABLE') return 0;
  if (reason !== '') return 1;
  return state === 'READY' ? 3 : 2;
}

function stateMark(state: ModelStatus['state'], style: Style): [string, (text: string) => string] {
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
