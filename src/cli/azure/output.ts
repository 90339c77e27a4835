import { stringify } from 'yaml';
import { userError } from '../../base/index.ts';
import { formatTable, print } from '../../ui/index.ts';
import type { AzureFlags } from './flags.ts';

const FORMS = ['json', 'jsonc', 'yaml', 'yamlc', 'tsv', 'table', 'none'] as const;

/** Prints what a verb gives as az does: last on stdout, JSON unless `--output` says otherwise, cut by `--query`. */
export function printResult(value: unknown, flags: AzureFlags): void {
  const asked = flags.text('output') ?? 'json';
  const form = FORMS.find((it) => it === asked);
  if (!form) throw userError('CONFIG_INVALID', `--output must be one of ${FORMS.join(', ')}, not "${asked}"`);
  const query = flags.text('query');
  const shown = query === undefined ? value : applyQuery(value, query);
  if (form === 'none' || shown === undefined) return;
  if (form === 'tsv') print(toTsv(shown));
  else if (form === 'table') print(`${toTable(shown)}\n`);
  else if (form.startsWith('yaml')) print(stringify(shown));
  else print(`${JSON.stringify(shown, null, 2)}\n`);
}

const STEP = /^(?:\.?([A-Za-z_][\w-]*)|\.?"([^"]+)"|\[(-?\d+)\]|(\[\]))/;

/**
 * The part of JMESPath that scripts around az use: members, `[0]` and `[]`, as in `[].name` or `modelDetails[0].id`.
 * @throws CONFIG_INVALID for the rest of it.
 */
function applyQuery(value: unknown, query: string): unknown {
  const step = STEP.exec(query);
  if (query === '') return value;
  if (!step) {
    throw userError('CONFIG_INVALID', `--query ${query}: only members, [0] and [] are understood here`, {
      hint: 'use a program such as jq for more',
    });
  }
  const rest = query.slice(step[0].length);
  const [, member, quoted, index, all] = step;
  if (all !== undefined) return Array.isArray(value) ? value.map((item) => applyQuery(item, rest)) : null;
  if (index !== undefined)
    return applyQuery(Array.isArray(value) ? (value.at(Number(index)) ?? null) : null, rest);
  const name = member ?? quoted ?? '';
  const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
  return applyQuery(isObject ? Reflect.get(value, name) : null, rest);
}

function toTsv(value: unknown): string {
  const rows = Array.isArray(value) ? value : [value];
  return rows.map((row) => `${cellsOf(row).join('\t')}\n`).join('');
}

function cellsOf(row: unknown): string[] {
  if (Array.isArray(row)) return row.map(textOf);
  return typeof row === 'object' && row !== null ? Object.values(row).map(textOf) : [textOf(row)];
}

/** One row an object; members that are objects themselves have no place in it. */
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
