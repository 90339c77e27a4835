import type { EmulatorState } from '../../events/index.ts';
import { formatPlace, formatServing } from '../format.ts';
import type { Style } from '../style.ts';
import { sanitize } from '../text.ts';

/** What is broken, where, what to do, and what serves meanwhile; nothing while all is well. */
export function bannerLines(state: EmulatorState, style: Style): readonly string[] {
  const newest = state.failures.at(-1);
  if (!newest) return [];
  const { error, targets } = newest;
  const place = formatPlace(error, state.projectDir);
  const [first = '', ...rest] = error.message.split(/\r?\n/).map((line) => sanitize(line, false));
  const isScript = targets.includes('script') || targets.length === 0;
  const serving = formatServing(state.generation, [
    { kind: isScript ? 'swap-workers' : 'load-model', target: '', reason: '' },
  ]);
  const others = state.failures.length - 1;
  const also = others === 0 ? '' : style.dim(` · ${others} more broken`);
  const where = place === undefined ? '' : `${style.bold(place)} `;
  return [
    `${style.alarm(' RELOAD FAILED ')} ${where}${style.red(first)}`,
    `  ${style.yellow(serving)}${also}`,
    ...(error.excerpt === undefined
      ? []
      : [`  ${style.dim(`${error.line} │`)} ${sanitize(error.excerpt, false)}`]),
    ...(error.hint === undefined ? [] : [`  ${style.cyan('hint')} ${sanitize(error.hint, false)}`]),
    ...rest.filter((line) => line.trim() !== '').map((line) => style.dim(`  ${line}`)),
  ];
}
