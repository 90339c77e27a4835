import { readFile } from 'node:fs/promises';
import type { SourceLocation } from '../base/index.ts';
import { type FieldPath, ModelConfigError } from './config-error.ts';
import { positionAt, readConfigSyntax, type SyntaxField, type SyntaxValue } from './config-syntax.ts';

/**
 * Adds the user's file and line to an error about a configuration. Returns other errors, errors that have a location,
 * and any error without a `config.pbtxt` unchanged.
 */
export async function locateConfigError(error: unknown, configFile: string | undefined): Promise<unknown> {
  if (!(error instanceof ModelConfigError) || error.location || configFile === undefined) return error;
  const text = await readFile(configFile, 'utf8').catch(() => undefined);
  return error.at(text === undefined ? { file: configFile } : locateField(text, configFile, error.field));
}

/** The location of a field in a configuration, or of the closest enclosing field that is written. */
export function locateField(text: string, file: string, field: FieldPath | undefined): SourceLocation {
  const offset = field && findField(readConfigSyntax(text).fields, field);
  return offset === undefined ? { file } : { file, ...positionAt(text, offset) };
}

function findField(fields: readonly SyntaxField[], [name, ...rest]: FieldPath): number | undefined {
  const named = fields.filter((field) => field.name === name);
  const [first] = named;
  if (!first) return undefined;
  const [selector, ...inner] = rest;
  if (selector === undefined) return first.offset;

  const value = selectValue(named, selector);
  if (!value) return first.offset;
  const owner = named.find((field) => !field.isList && field.values[0] === value);
  const offset = owner?.offset ?? value.offset;
  const within = typeof selector === 'number' || isEntry(value, selector) ? inner : rest;
  if (value.kind !== 'message' || within.length === 0) return offset;
  return findField(entryFields(value, selector), within) ?? offset;
}

/** The value that a list position, a map key or, for a single message, the next field's name refers to. */
function selectValue(named: readonly SyntaxField[], selector: string | number): SyntaxValue | undefined {
  const values = named.flatMap((field) => field.values);
  if (typeof selector === 'number') return values[selector];
  return values.find((value) => isEntry(value, selector)) ?? values[0];
}

function isEntry(value: SyntaxValue, key: string | number): boolean {
  if (value.kind !== 'message') return false;
  const written = value.fields.find((field) => field.name === 'key')?.values[0];
  return (
    written !== undefined && written.kind !== 'message' && written.text.replace(/^["']|["']$/g, '') === key
  );
}

function entryFields(
  value: SyntaxValue & { kind: 'message' },
  selector: string | number,
): readonly SyntaxField[] {
  if (typeof selector === 'number' || !isEntry(value, selector)) return value.fields;
  return value.fields.flatMap((field) =>
    field.name === 'value'
      ? field.values.flatMap((inner) => (inner.kind === 'message' ? inner.fields : []))
      : [],
  );
}
