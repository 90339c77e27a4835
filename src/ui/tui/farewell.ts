import { formatCount, formatPlural, formatUptime } from '../format.ts';
import type { Style } from '../style.ts';
import { sanitize } from '../text.ts';
import type { ScreenModel } from './screen-model.ts';

const LAST_LINES = 20;

/**
 * What stays in the terminal once the screen is gone: a summary, the last error, the last lines of the log. Ends with
 * a line break.
 */
export function farewell(
  { state, requests, logs, lastError }: ScreenModel,
  style: Style,
  now: number,
): string {
  const { total, failed } = requests.figures();
  const facts: string[] = [];
  if (state.startedAt !== null) facts.push(`ran ${formatUptime(now - Date.parse(state.startedAt))}`);
  facts.push(formatPlural(total, 'request') + (failed > 0 ? ` (${formatCount(failed)} failed)` : ''));
  facts.push(formatPlural(state.reloads, 'reload'));
  if (state.deployment === 'script') facts.push(`generation ${state.generation}`);
  const lines = [`${style.bold('triton-local')} ${facts.join(', ')}`];
  if (lastError !== undefined) {
    lines.push(`${style.red('last error')} ${sanitize(lastError.trimEnd().split('\n').at(-1) ?? '', false)}`);
  }
  const first = Math.max(logs.firstId, logs.nextId - LAST_LINES);
  if (first < logs.nextId)
    lines.push(style.dim(`last ${formatPlural(logs.nextId - first, 'line')} of the log`));
  for (let id = first; id < logs.nextId; id += 1) {
    const entry = logs.get(id);
    if (!entry) continue;
    lines.push(style.dim(entry.source.padEnd(9)) + sanitize(entry.text, style.color));
  }
  return `${lines.join('\n')}\n`;
}
