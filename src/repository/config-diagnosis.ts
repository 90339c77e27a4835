import protobuf from 'protobufjs';
import { closestName } from '../base/index.ts';
import { readConfigSyntax, type SyntaxFault, type SyntaxField, type SyntaxValue } from './config-syntax.ts';
import { getModelConfigType } from './model-config-proto.ts';
import { releaseOfField } from './newer-fields.ts';

/** Explains the first mistake in a `config.pbtxt` that protobufjs refused. */
export function explainConfigText(text: string): SyntaxFault | undefined {
  const { fields, fault } = readConfigSyntax(text);
  const misuse = explainFields(getModelConfigType(), fields);
  return misuse && (!fault || misuse.offset < fault.offset) ? misuse : fault;
}

function explainFields(type: protobuf.Type, fields: readonly SyntaxField[]): SyntaxFault | undefined {
  const seen = new Map<string, SyntaxField>();
  for (const written of fields) {
    const field = type.fields[written.name];
    const fault = field
      ? (explainRepetition(field, written, seen) ?? explainField(field, written))
      : unknownField(type, written);
    if (fault) return fault;
    seen.set(written.name, written);
    if (field?.partOf) seen.set(`oneof ${field.partOf.name}`, written);
  }
  return undefined;
}

function unknownField(type: protobuf.Type, { name, offset }: SyntaxField): SyntaxFault {
  const release = releaseOfField(type.name, name);
  if (release !== undefined) {
    const hint = `remove it, or deploy and run Triton ${release} or newer (--engine docker --image ${release})`;
    return { message: `Triton 2.51.0 has no field '${name}' in ${type.name}`, offset, hint };
  }
  const similar = closestName(
    name,
    type.fieldsArray.map((field) => field.name),
  );
  const hint = similar
    ? `did you mean '${similar}'?`
    : `${type.name} has ${type.fieldsArray.map((field) => field.name).join(', ')}`;
  return { message: `${type.name} has no field '${name}'`, offset, hint };
}

function explainRepetition(
  field: protobuf.Field,
  { name, offset, isList }: SyntaxField,
  seen: ReadonlyMap<string, SyntaxField>,
): SyntaxFault | undefined {
  if (field.repeated || field.map) return undefined;
  if (isList) return { message: `'${name}' takes one value, not a list`, offset };
  if (seen.has(name)) return { message: `'${name}' is given twice`, offset };
  const other = field.partOf && seen.get(`oneof ${field.partOf.name}`);
  if (other) return { message: `'${name}' cannot be combined with '${other.name}'`, offset };
  return undefined;
}

function explainField(field: protobuf.Field, written: SyntaxField): SyntaxFault | undefined {
  const { name, offset } = written;
  // Only blocks may omit the colon.
  const takesBlock = field.map || field.resolvedType instanceof protobuf.Type;
  if (!written.hasColon && !takesBlock)
    return { message: `expected ':' after '${name}'`, offset: offset + name.length };
  for (const value of written.values) {
    const fault =
      field instanceof protobuf.MapField
        ? explainEntry(field, value)
        : explainValue(field, field.name, value);
    if (fault) return fault;
  }
  return undefined;
}

function explainEntry(field: protobuf.MapField, entry: SyntaxValue): SyntaxFault | undefined {
  if (entry.kind !== 'message')
    return {
      message: `'${field.name}' takes entries`,
      offset: entry.offset,
      hint: `write ${field.name} { key: ... value: ... }`,
    };
  for (const part of entry.fields) {
    const isKey = part.name === 'key';
    if (!isKey && part.name !== 'value')
      return {
        message: `an entry of '${field.name}' has no field '${part.name}'`,
        offset: part.offset,
        hint: 'it has key and value',
      };
    for (const value of part.values) {
      const fault = isKey
        ? explainScalar(field.keyType, 'key', value)
        : explainValue(field, `${field.name}.value`, value);
      if (fault) return fault;
    }
  }
  return undefined;
}

/** Checks a value of a plain or a map field. */
type ValueField = Pick<protobuf.Field, 'name' | 'type' | 'resolvedType'>;

function explainValue(field: ValueField, name: string, value: SyntaxValue): SyntaxFault | undefined {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Type) {
    if (value.kind === 'message') return explainFields(resolvedType, value.fields);
    return { message: `'${name}' takes a block`, offset: value.offset, hint: `write ${name} { ... }` };
  }
  if (resolvedType instanceof protobuf.Enum) return explainEnum(resolvedType, name, value);
  return explainScalar(field.type, name, value);
}

function explainEnum(type: protobuf.Enum, name: string, value: SyntaxValue): SyntaxFault | undefined {
  const { offset } = value;
  const names = Object.keys(type.values);
  if (value.kind === 'message' || value.kind === 'string')
    return { message: `'${name}' takes a ${type.name} without quotes`, offset, hint: names.join(', ') };
  if (/^-?\d+$/.test(value.text) || Object.hasOwn(type.values, value.text)) return undefined;
  const similar = DATA_TYPE_HABITS[value.text.replace(/^TYPE_/i, '').toUpperCase()];
  const known = type.name === 'DataType' && similar ? similar : closestName(value.text, names);
  const hint = known ? `did you mean ${known}?` : `one of ${names.join(', ')}`;
  return { message: `'${value.text}' is not a ${type.name}`, offset, hint };
}

/** Names that other tools use for Triton's data types. */
const DATA_TYPE_HABITS: Readonly<Record<string, string>> = {
  FLOAT: 'TYPE_FP32',
  FLOAT16: 'TYPE_FP16',
  HALF: 'TYPE_FP16',
  FLOAT32: 'TYPE_FP32',
  FLOAT64: 'TYPE_FP64',
  DOUBLE: 'TYPE_FP64',
  INT: 'TYPE_INT32',
  LONG: 'TYPE_INT64',
  BFLOAT16: 'TYPE_BF16',
  BYTES: 'TYPE_STRING',
  STR: 'TYPE_STRING',
  BOOLEAN: 'TYPE_BOOL',
};

function explainScalar(type: string, name: string, value: SyntaxValue): SyntaxFault | undefined {
  const { offset } = value;
  if (value.kind === 'message') return { message: `'${name}' takes a ${SCALARS[type]}, not a block`, offset };
  const { kind, text } = value;
  if (type === 'string') {
    if (kind === 'string') return explainEscapes(value);
    return { message: `'${name}' takes a text in quotes`, offset, hint: `write ${name}: "${text}"` };
  }
  if (type === 'bool') {
    if (/^(?:true|false|True|False|t|f|0|1)$/.test(text) && kind !== 'string') return undefined;
    return { message: `'${name}' takes true or false, not ${text}`, offset };
  }
  if (type === 'float' || type === 'double') {
    if (kind === 'number' || /^-?(?:inf|infinity|nan)$/i.test(text)) return undefined;
    return { message: `'${name}' takes a number, not ${text}`, offset };
  }
  if (kind !== 'number' || !/^-?(?:0[xX][\da-fA-F]+|0[0-7]*|[1-9]\d*)$/.test(text))
    return { message: `'${name}' takes an integer, not ${text}`, offset };
  if (type.startsWith('u') && text.startsWith('-'))
    return { message: `'${name}' cannot be negative`, offset };
  return isInRange(type, text) ? undefined : { message: `${text} is too large for '${name}'`, offset };
}

const ESCAPE = /\\(?:[abfnrtv?\\'"]|[0-7]{1,3}|[xX][\da-fA-F]{1,2}|u[\da-fA-F]{4}|U[\da-fA-F]{8})/y;

/** A backslash that begins no escape is most often part of a Windows path. */
function explainEscapes({ text, offset }: SyntaxValue & { kind: 'string' | 'number' | 'word' }) {
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at)) {
    ESCAPE.lastIndex = at;
    const sequence = ESCAPE.exec(text)?.[0];
    if (sequence === undefined) {
      const message = `'${text.slice(at, at + 2)}' has no meaning in a text`;
      return { message, offset: offset + at, hint: 'write \\\\ for a backslash, or / in paths' };
    }
    at += sequence.length;
  }
  return undefined;
}

function isInRange(type: string, text: string): boolean {
  const digits = text.replace(/^-/, '').replace(/^0(?=[0-7])/, '0o');
  const value = text.startsWith('-') ? -BigInt(digits) : BigInt(digits);
  const bits = type.endsWith('64') ? 64 : 32;
  return type.startsWith('u') ? BigInt.asUintN(bits, value) === value : BigInt.asIntN(bits, value) === value;
}

const SCALARS: Readonly<Record<string, string>> = {
  string: 'text',
  bool: 'true or false',
  float: 'number',
  double: 'number',
  int32: 'number',
  int64: 'number',
  uint32: 'number',
  uint64: 'number',
};
