import { readFileSync, statSync } from 'node:fs';
import type { SourceLocation, TritonLocalError } from '../base/index.ts';
import { formatPath } from './format.ts';
import { createStyle, type Style } from './style.ts';
import { cut, sanitize, widthOf } from './text.ts';

export interface ErrorFormat {
  readonly color?: boolean;
  /** Also print the causes with their stacks. */
  readonly verbose?: boolean;
  /** Paths inside this folder are shown relative to it. */
  readonly projectDir?: string | null;
}

/** An error as `--json` prints it; all keys are always present. */
export interface ErrorJson {
  readonly error: {
    readonly code: string;
    readonly kind: 'user' | 'system';
    readonly message: string;
    readonly hint: string | null;
    readonly file: string | null;
    readonly line: number | null;
    readonly column: number | null;
  };
}

const EXCERPT_MARGIN = 1;
const EXCERPT_WIDTH = 120;
const MAX_SOURCE_BYTES = 2 * 1024 * 1024;

/** An error for a terminal: what, where (with the source lines), and what to do. Ends without a line break. */
export function formatError(
  error: TritonLocalError,
  { color = false, verbose = false, projectDir = null }: ErrorFormat = {},
): string {
  const style = createStyle(color);
  const lines = [`${style.red(style.bold('error'))} ${style.bold(error.code)}: ${error.message}`];
  if (error.location) lines.push(...formatLocation(error.location, projectDir, style));
  if (error.hint) lines.push(`  ${style.cyan('hint')}: ${error.hint}`);
  if (verbose) lines.push(...formatCauses(error).map((line) => style.dim(line)));
  return lines.join('\n');
}

export function errorToJson({ code, kind, message, hint, location }: TritonLocalError): ErrorJson {
  return {
    error: {
      code,
      kind,
      message,
      hint: hint ?? null,
      file: location?.file ?? null,
      line: location?.line ?? null,
      column: location?.column ?? null,
    },
  };
}

function formatLocation(
  { file, line, column }: SourceLocation,
  projectDir: string | null,
  style: Style,
): string[] {
  const place = [formatPath(file, projectDir), line, line === undefined ? undefined : column]
    .filter((part) => part !== undefined)
    .join(':');
  return [`  ${style.dim('at')} ${place}`, ...(line === undefined ? [] : excerpt(file, line, column, style))];
}

/** The line with its neighbours and a mark below the column; empty if the source cannot be read. */
function excerpt(file: string, line: number, column: number | undefined, style: Style): string[] {
  const source = readSource(file);
  if (source?.[line - 1] === undefined) return [];
  const first = Math.max(1, line - EXCERPT_MARGIN);
  const last = Math.min(source.length, line + EXCERPT_MARGIN);
  const numberWidth = String(last).length;
  const shown: string[] = [];
  for (let number = first; number <= last; number += 1) {
    const text = cut(sanitize(source[number - 1] ?? '', false), EXCERPT_WIDTH);
    const gutter = `${number === line ? '>' : ' '} ${String(number).padStart(numberWidth)} |`;
    const row = `  ${gutter} ${text}`.trimEnd();
    shown.push(number === line ? row : style.dim(row));
    const before = column === undefined ? EXCERPT_WIDTH : widthBefore(source[number - 1] ?? '', column);
    if (number === line && before < EXCERPT_WIDTH) {
      shown.push(`  ${' '.repeat(numberWidth + 2)} | ${' '.repeat(before)}${style.red('^')}`);
    }
  }
  return shown;
}

/** Terminal columns before a column of the source, which may contain tabs and wide characters. */
function widthBefore(text: string, column: number): number {
  return widthOf(sanitize(text.slice(0, column - 1), false));
}

function readSource(file: string): string[] | undefined {
  try {
    const { size } = statSync(file);
    if (size > MAX_SOURCE_BYTES) return undefined;
    const text = readFileSync(file, 'utf8');
    return text.includes('\u0000') ? undefined : text.split(/\r\n|\n|\r/);
  } catch {
    return undefined;
  }
}

function formatCauses(error: TritonLocalError): string[] {
  const lines: string[] = [];
  const seen = new Set<unknown>();
  for (let at: unknown = error; at instanceof Error && !seen.has(at); at = at.cause) {
    seen.add(at);
    const title = at === error ? '' : 'caused by ';
    lines.push(...`${title}${at.stack ?? at.message}`.split('\n').map((line) => `  ${line}`));
  }
  return lines;
}
