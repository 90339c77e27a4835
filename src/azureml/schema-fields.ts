import type { JsonObject } from '../workspace/index.ts';
import type { Document } from './document.ts';
import { refusal } from './refusal.ts';

/** What azure-ai-ml takes for a member of a YAML file: a kind, one of some values, or an object with members. */
export type Field = 'string' | 'integer' | 'boolean' | 'mapping' | 'any' | readonly string[] | Fields;

export interface Fields {
  readonly [name: string]: Field;
}

/**
 * Checks a file of v2 as azure-ai-ml does before it asks the cloud.
 * @param value the file with the flags laid over it.
 * @throws AZUREML_REFUSED with all faults, one a line, in the words of marshmallow, which azure-ai-ml reads files with.
 */
export function checkFields(
  value: JsonObject,
  fields: Fields,
  required: readonly string[],
  document: Document,
): void {
  const faults = required
    .filter((name) => value[name] === undefined || value[name] === null || value[name] === '')
    .map((name) => ({ path: [name], text: 'Missing data for required field.' }));
  faults.push(...faultsOf(value, fields, []));
  const [first] = faults;
  if (!first) return;
  const isMissing = value[first.path[0] ?? ''] === undefined;
  throw refusal(faults.map(({ path, text }) => `${path.join('.')}: ${text}`).join('\n'), {
    location: isMissing
      ? { file: document.file }
      : document.locate(...first.path.filter((name) => name !== SCHEMA)),
  });
}

/** How marshmallow names an object as a whole. */
const SCHEMA = '_schema';

interface Fault {
  readonly path: string[];
  readonly text: string;
}

function faultsOf(value: JsonObject, fields: Fields, above: readonly string[]): Fault[] {
  return Object.entries(value).flatMap(([name, member]) => {
    const path = [...above, name];
    const field = fields[name];
    if (field === undefined) return [{ path, text: 'Unknown field.' }];
    if (member === null || member === undefined || field === 'any') return [];
    if (isNested(field)) {
      return isObject(member)
        ? faultsOf(member, field, path)
        : [{ path: [...path, SCHEMA], text: 'Invalid input type.' }];
    }
    const text = faultOf(member, field);
    return text === undefined ? [] : [{ path, text }];
  });
}

function faultOf(member: unknown, field: Exclude<Field, Fields>): string | undefined {
  switch (field) {
    case 'string':
      return typeof member === 'string' ? undefined : 'Not a valid string.';
    case 'integer':
      return isNumeric(member) ? undefined : 'Not a valid integer.';
    case 'boolean':
      return /^(?:t|f|true|false|y|n|yes|no|on|off|[01])$/i.test(String(member))
        ? undefined
        : 'Not a valid boolean.';
    case 'mapping':
      return isObject(member) ? undefined : 'Not a valid mapping type.';
    case 'any':
      return undefined;
    default:
      return field.includes(String(member).toLowerCase()) ? undefined : notInSet(member, field);
  }
}

function notInSet(member: unknown, values: readonly string[]): string {
  const shown = values.map((value) => `'${value}'`).join(', ');
  return `Value ${typeof member === 'string' ? `'${member}'` : member} passed is not in set [${shown}]`;
}

/** Fractions lose what is behind the point, texts of digits count: as in Python's int(). */
function isNumeric(member: unknown): boolean {
  return typeof member === 'number' || (typeof member === 'string' && /^\s*[-+]?\d+\s*$/.test(member));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNested(field: Field): field is Fields {
  return isObject(field);
}
