import { statSync } from 'node:fs';
import path from 'node:path';
import { pythonClass, pythonFloat, pythonInteger, pythonRepr } from './python-value.ts';
import { isReference, isRegistryReference, versionedReferenceFault } from './references.ts';
import { entityFault, type Fault, isObject, prepare, ruleFault, WHOLE } from './rules.ts';
import { type Field, SCHEMA_DATA, type Schema } from './schema-data.ts';

/** What azure-ai-ml makes of a member; the value counts only where there is no fault. */
export interface Reading {
  readonly value: unknown;
  readonly faults: readonly Fault[];
}

const { texts, textsOf, booleans } = SCHEMA_DATA;
const read = (value: unknown): Reading => ({ value, faults: [] });
const refused = (text: string, ...at: string[]): Reading => ({
  value: undefined,
  faults: [{ path: at, text }],
});
const unreadable = (text: string): Reading => ({
  value: undefined,
  faults: [{ path: [], text, isFinal: true }],
});
/** marshmallow's way to say it of one alternative of several. */
const asWhole = ({ path, text }: Fault): Fault => ({ path: [...path, WHOLE], text });
const below = (name: string, { value, faults }: Reading): Reading => ({
  value,
  faults: faults.map((fault) => ({ ...fault, path: [name, ...fault.path] })),
});

/**
 * Reads an object as marshmallow's `Schema.load` does: all members, all faults.
 * @param base the folder that relative paths start at.
 */
export function readObject(given: unknown, schemaName: string, base: string): Reading {
  const schema = SCHEMA_DATA.schemas[schemaName];
  if (!schema) throw new RangeError(`no schema ${schemaName}`);
  const prepared = prepare(given, schema);
  if ('fault' in prepared) return refused(prepared.fault, WHOLE);
  const data = prepared.value;
  if (!isObject(data)) return refused(texts.type, WHOLE);
  const members: [string, unknown][] = [];
  const faults: Fault[] = [];
  for (const [name, field] of Object.entries(schema.members)) {
    if (field.readOnly) continue;
    if (!Object.hasOwn(data, name)) {
      if (field.required) faults.push({ path: [name], text: texts.required });
      continue;
    }
    const reading = below(name, readMember(data[name], field, name, base));
    faults.push(...reading.faults, ...ruleFaults(schema, name, reading));
    members.push([name, reading.value]);
  }
  for (const name of Object.keys(data)) {
    const isKnown = Object.hasOwn(schema.members, name) && !schema.members[name]?.readOnly;
    if (!isKnown) faults.push({ path: [name], text: texts.unknown });
  }
  const value = Object.fromEntries(members);
  const fault = faults.length === 0 ? entityFault(schemaName, value, base) : undefined;
  return { value, faults: fault === undefined ? faults : [fault] };
}

function ruleFaults(schema: Schema, name: string, { value, faults }: Reading): Fault[] {
  const rule = schema.rules?.[name];
  if (rule === undefined || faults.length > 0) return [];
  const text = ruleFault(rule, value);
  return text === undefined ? [] : [{ path: [name], text }];
}

function readMember(value: unknown, field: Field, name: string, base: string): Reading {
  if (value === null || value === undefined) return field.nullable ? read(null) : refused(texts.null);
  switch (field.kind) {
    case 'nested':
      return readObject(value, field.schema, base);
    case 'union':
      return readUnion(value, field.of, name, base);
    case 'mapping':
      return readMapping(value, field, base);
    case 'list':
      return readList(value, field.items, base);
    case 'localPath':
      return readLocalPath(value, field.allowed, base);
    case 'reference':
      return isReference(value) ? read(value) : refused(field.text);
    case 'registryReference':
      return isRegistryReference(value) ? read(value) : refused(field.text);
    case 'versionedReference': {
      const text = isReference(value) ? versionedReferenceFault(value, name, field) : field.text;
      return text === undefined ? read(value) : refused(text);
    }
    default:
      return readScalar(value, field);
  }
}

const isForReferences = ({ kind }: Field) => kind === 'versionedReference' || kind === 'registryReference';

/** Takes the first alternative that fits, else tells the faults of all; that an object is no reference is known. */
function readUnion(value: unknown, alternatives: readonly Field[], name: string, base: string): Reading {
  const readings: Reading[] = [];
  for (const field of alternatives) {
    const reading = readMember(value, field, name, base);
    if (reading.faults.length === 0 || reading.faults.some(({ isFinal }) => isFinal)) return reading;
    if (field.kind === 'nested') readings.push(reading);
    else if (!(isObject(value) && isForReferences(field)))
      readings.push({ ...reading, faults: reading.faults.map(asWhole) });
  }
  return { value: undefined, faults: readings.flatMap(({ faults }) => faults) };
}

function readMapping(value: unknown, field: Extract<Field, { kind: 'mapping' }>, base: string): Reading {
  if (!isObject(value)) return refused(textsOf.mapping.invalid);
  const { values } = field;
  if (!values) return read(value);
  const readings = Object.entries(value).map(
    ([name, member]) => [name, below(name, readMember(member, values, name, base))] as const,
  );
  return {
    value: Object.fromEntries(readings.map(([name, reading]) => [name, reading.value])),
    faults: readings.flatMap(([, { faults }]) => faults),
  };
}

function readList(value: unknown, items: Field, base: string): Reading {
  if (!Array.isArray(value)) return refused(textsOf.list.invalid);
  const readings = value.map((item, index) => below(String(index), readMember(item, items, '', base)));
  return {
    value: readings.map((reading) => reading.value),
    faults: readings.flatMap(({ faults }) => faults),
  };
}

function readLocalPath(value: unknown, allowed: string, base: string): Reading {
  if (typeof value !== 'string') return refused(textsOf.string.invalid);
  const resolved = path.resolve(base, value);
  if (statSync(resolved, { throwIfNoEntry: false })) return read(value);
  const text = textsOf.localPath.path_not_exist.replace('{allow_type}', allowed).replace('{path}', resolved);
  return refused(text);
}

function readScalar(value: unknown, field: Field): Reading {
  switch (field.kind) {
    case 'string': {
      if (typeof value !== 'string') return refused(textsOf.string.invalid);
      const { pattern } = field;
      return pattern && !new RegExp(pattern.regex).test(value) ? refused(pattern.text) : read(value);
    }
    case 'enum': {
      const chosen = typeof value === 'string' ? inCase(value, field.casing) : undefined;
      if (chosen !== undefined && field.values.includes(chosen)) return read(chosen);
      return refused(`Value ${pythonRepr(value)} passed is not in set ${pythonRepr(field.values)}`);
    }
    case 'integer': {
      const number = pythonInteger(value);
      if (number === 'too large') return refused(textsOf.integer.too_large);
      return number === undefined ? refused(textsOf.integer.invalid) : read(number);
    }
    case 'float': {
      const number = pythonFloat(value);
      if (number === undefined) return refused(textsOf.float.invalid);
      return Number.isFinite(number) ? read(number) : refused(textsOf.float.special);
    }
    case 'boolean':
      if (value === true || value === 1 || booleans.true.some((text) => text === value)) return read(true);
      if (value === false || value === 0 || booleans.false.some((text) => text === value)) return read(false);
      return refused(textsOf.boolean.invalid);
    case 'version':
      if (typeof value === 'string') return read(value);
      if (typeof value === 'number') return read(String(value));
      return typeof value === 'boolean'
        ? read(pythonRepr(value))
        : unreadable(`Type <class '${pythonClass(value)}'> is not supported for version.`);
    case 'url':
      return isUrl(value) ? read(value) : refused(textsOf.url.invalid);
    default:
      return read(value);
  }
}

/** `AMLToken` as `aml_token`, or in small letters alone. */
function inCase(text: string, casing: 'lower' | 'snake'): string {
  if (casing === 'lower') return text.toLowerCase();
  return text
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

function isUrl(value: unknown): boolean {
  return typeof value === 'string' && /^(?:https?|ftps?):\/\//i.test(value) && URL.canParse(value);
}
