import { formatCount, formatPlural, formatUptime } from '../format.ts';
import type { Style } from '../style.ts';
import { sanitize } from '../text.ts';
import type { ScreenModel } from './screen-model.ts';

const LAST_LINES = 20;
const MOST_ERRORS = 5;

/**
 * What stays in the terminal once the screen is gone: a summary, the errors that still stand, the last lines of the
 * log. Ends with a line break.
 */
export function farewell(model: ScreenModel, style: Style, now: number): string {
  const { state, requests, logs, lastError } = model;
  const { total, failed } = requests.figures();
  const facts: string[] = [];
  if (state.startedAt !== null) facts.push(`ran ${formatUptime(now - Date.parse(state.startedAt))}`);
  facts.push(formatPlural(total, 'request') + (failed > 0 ? ` (${formatCount(failed)} failed)` : ''));
  facts.push(formatPlural(state.reloads, 'reload'));
  if (state.deployment === 'script') facts.push(`generation ${state.generation}`);
  const lines = [`${style.bold('triton-local')} ${facts.join(', ')}`];
  const logged = lastError === undefined ? [] : [lastError];
  const errors = new Set([...logged, ...model.standingErrors()].map(lastLine));
  for (const [index, error] of [...errors].slice(-MOST_ERRORS).entries()) {
    const label = index === Math.min(errors.size, MOST_ERRORS) - 1 ? 'last error' : 'error';
    lines.push(`${style.red(label)} ${sanitize(error, false)}`);
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

const lastLine = (text: string) => text.trimEnd().split('\n').at(-1) ?? '';
