import { search } from 'jmespath';
import { stringify } from 'yaml';
import { messageOf, userError } from '../../base/index.ts';
import { formatTable } from '../../ui/index.ts';
import type { Flags } from '../flags.ts';
import { print, printError } from '../print.ts';
import { AzureFlags } from './flags.ts';

const FORMS = ['json', 'jsonc', 'yaml', 'yamlc', 'tsv', 'table', 'none'] as const;

/**
 * Checks `--output` and `--query` before a verb does anything.
 * @throws CONFIG_INVALID
 */
export function checkOutput(given: Flags): void {
  const flags = new AzureFlags(given);
  formOf(flags);
  const query = flags.text('query');
  try {
    if (query !== undefined) search(null, query);
  } catch (error) {
    // A query can be valid and still fail on a probe without data.
    if (!(error instanceof Error) || !/^(?:Parser|Lexer)Error$/.test(error.name)) return;
    throw userError('CONFIG_INVALID', `--query ${query} is not valid JMESPath: ${messageOf(error)}`);
  }
}

/** Prints a message for people on stderr; stdout holds only the result. */
export function notify(text: string): void {
  printError(`${text}\n`);
}

/** Prints a verb's result as az does: last on stdout, as JSON unless `--output` is given, filtered by `--query`. */
export function printResult(value: unknown, flags: AzureFlags): void {
  const form = formOf(flags);
  const query = flags.text('query');
  const shown: unknown = query === undefined ? value : search(value, query);
  if (form === 'none') return;
  if (form === 'tsv') print(toTsv(shown));
  else if (form === 'table') print(`${toTable(shown)}\n`);
  else if (form.startsWith('yaml')) print(stringify(shown));
  else print(`${JSON.stringify(shown, null, 2)}\n`);
}

function formOf(flags: AzureFlags): (typeof FORMS)[number] {
  const asked = flags.text('output') ?? 'json';
  const form = FORMS.find((it) => it === asked);
  if (form) return form;
  throw userError('CONFIG_INVALID', `--output must be one of ${FORMS.join(', ')}, not "${asked}"`);
}

function toTsv(value: unknown): string {
  const rows = Array.isArray(value) ? value : [value];
  return rows.map((row) => `${cellsOf(row).join('\t')}\n`).join('');
}

function cellsOf(row: unknown): string[] {
  if (Array.isArray(row)) return row.map(textOf);
  return typeof row === 'object' && row !== null ? Object.values(row).map(textOf) : [textOf(row)];
}

/** One row per object, without members that are objects themselves. */
function toTable(value: unknown): string {
  const rows = (Array.isArray(value) ? value : [value]).filter(
    (row) => typeof row === 'object' && row !== null,
  );
  const plain = (row: object) => Object.entries(row).filter(([, cell]) => typeof cell !== 'object');
  const columns = [...new Set(rows.flatMap((row) => plain(row).map(([name]) => name)))];
  const body = rows.map((row) => columns.map((name) => textOf(Reflect.get(row, name))));
  return formatTable([columns.map((name) => name.charAt(0).toUpperCase() + name.slice(1)), ...body]);
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
