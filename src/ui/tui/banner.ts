import type { EmulatorState, ReloadFailure } from '../../events/index.ts';
import { formatPlace, formatPlural, formatServing, splitMessage } from '../format.ts';
import type { Style } from '../style.ts';
import { sanitize, widthOf, wrap } from '../text.ts';

/** The newest failure: what and where, what to do, and what is serving in the meantime; no lines without a failure. */
export function bannerLines(state: EmulatorState, columns: number, style: Style): readonly string[] {
  const newest = state.failures.at(-1);
  if (!newest) return [];
  const others = state.failures.length - 1;
  const also = others === 0 ? '' : style.dim(` · ${formatPlural(others, 'more problem')}, d shows all`);
  return failureLines(newest, state, columns, style).map((line, index) => (index === 1 ? line + also : line));
}

/** A failure as lines of at most `columns`: the fault first, then what serves, the place, the source and the hint. */
export function failureLines(
  { error, targets, olderServes }: ReloadFailure,
  { projectDir, generation }: Pick<EmulatorState, 'projectDir' | 'generation'>,
  columns: number,
  style: Style,
): readonly string[] {
  const width = Math.max(20, columns - 2);
  const { fault, context, more } = splitMessage(error.message);
  const names = targets.flatMap((target) => (target === 'script' ? [] : [target.replace(/^model /, '')]));
  const tag = names.length > 0 && !olderServes ? ' NOT LOADED ' : ' RELOAD FAILED ';
  const subject = names.length > 0 ? `${names.join(', ')}: ` : '';
  const place = formatPlace(error, projectDir) ?? '';
  const text = sanitize(subject + fault, false);
  const firstWidth = width - widthOf(tag) - 1;
  // A short place comes first, easy to see; a long one would push the fault out of sight.
  const lead = place !== '' && widthOf(place) <= firstWidth / 3 ? `${style.bold(place)} ` : '';
  const [first = '', ...rest] = wrap(text, firstWidth - widthOf(lead), width - 2);
  const indented = (line: string, paint: (text: string) => string) =>
    wrap(sanitize(line, false), width - 2, width - 2).map((part) => `  ${paint(part)}`);
  const serving = style.yellow(formatServing(generation, { targets, olderServes }));
  return [
    `${style.alarm(tag)} ${lead}${style.red(first)}`,
    ...rest.map((line) => `  ${style.red(line)}`),
    `  ${serving}`,
    ...(lead !== '' || place === '' ? [] : indented(place, style.bold)),
    ...(error.excerpt === undefined
      ? []
      : [`  ${style.dim(`${error.line} │`)} ${sanitize(error.excerpt, false)}`]),
    ...(error.hint === undefined
      ? []
      : wrap(`hint ${sanitize(error.hint, false)}`, width - 2, width - 2).map((part, index) =>
          index === 0 ? `  ${style.cyan('hint')}${part.slice(4)}` : `  ${part}`,
        )),
    ...(context === '' ? [] : indented(context, style.dim)),
    ...more.flatMap((line) => indented(line, style.dim)),
  ];
}
