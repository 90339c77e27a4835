import { readFile } from 'node:fs/promises';
import {
  type DocumentOptions,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
  type SchemaOptions,
} from 'yaml';
import { messageOf, ownValue, type SourceLocation, userError } from '../base/index.ts';
import type { JsonObject } from '../workspace/index.ts';
import { withPyYamlScalars } from './yaml/pyyaml.ts';

const MAX_BYTES = 4 * 1024 * 1024;

/** A JSON or YAML file of the user's, with the place of each member for messages. */
export interface Document {
  readonly file: string;
  readonly value: JsonObject;
  /** Where a member stands; the file alone where it is not there. */
  locate(...path: readonly (string | number)[]): SourceLocation;
}

/**
 * Reads a configuration file. JSON is read as YAML is, so that a trailing comma (public samples have one) is no fault.
 * @param option the flag by which it was given, for the message.
 * @throws AZUREML_FILE_INVALID with file and line.
 */
export function readDocument(file: string, option: string): Promise<Document> {
  return read(file, option, {});
}

/** Reads a file of v2 likewise, as PyYAML reads it for azure-ai-ml: by YAML 1.1, where `yes` and `on` are booleans. */
export function readYaml(file: string, option: string): Promise<Document> {
  return read(file, option, { version: '1.1', customTags: withPyYamlScalars });
}

async function read(
  file: string,
  option: string,
  options: SchemaOptions & DocumentOptions,
): Promise<Document> {
  const refuse = (message: string, location: SourceLocation, cause?: unknown) =>
    userError('AZUREML_FILE_INVALID', `Error parsing ${option}. ${message}`, { location, cause });
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw refuse(messageOf(error), { file }, error);
  }
  if (text.length > MAX_BYTES) throw refuse(`it has more than ${MAX_BYTES} bytes`, { file });
  const lines = new LineCounter();
  // Tabs indent JSON as often as not, which YAML forbids outside of a flow; inside it they are white space.
  const document = parseDocument<ParsedNode>(text, { lineCounter: lines, ...options });
  const [mistake] = document.errors;
  if (mistake) {
    const { line, col } = lines.linePos(mistake.pos[0]);
    throw refuse(
      mistake.message.split(/ at line|\n/)[0] ?? mistake.message,
      { file, line, column: col },
      mistake,
    );
  }
  if (!isMap(document.contents)) throw refuse('It must hold one object', { file, line: 1 });
  return {
    file,
    value: document.toJS(),
    locate(...path) {
      const start = startOf(document.contents, path);
      return start === undefined ? { file } : { file, line: lines.linePos(start).line };
    },
  };
}

/** Where the name of a member stands in the text, or an item of a list; undefined where it is not there. */
function startOf(root: ParsedNode | null, path: readonly (string | number)[]): number | undefined {
  let node: unknown = root;
  let start: number | undefined;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (!pair) return undefined;
      start = isNode(pair.key) ? pair.key.range?.[0] : undefined;
      node = pair.value;
    } else {
      node = isSeq(node) ? node.items[Number(step)] : undefined;
      if (!isNode(node)) return undefined;
      start = node.range?.[0];
    }
  }
  return start;
}

/** A member that must be an object where it is there. */
export function objectIn(value: JsonObject, name: string): JsonObject | undefined {
  const member = ownValue(value, name);
  return typeof member === 'object' && member !== null && !Array.isArray(member) ? { ...member } : undefined;
}

export function textIn(value: JsonObject | undefined, name: string): string | undefined {
  const member = value && ownValue(value, name);
  return typeof member === 'string' && member !== '' ? member : undefined;
}

export function numberIn(value: JsonObject | undefined, name: string): number | undefined {
  const member = value && ownValue(value, name);
  return typeof member === 'number' ? member : undefined;
}

export function booleanIn(value: JsonObject | undefined, name: string): boolean | undefined {
  const member = value && ownValue(value, name);
  return typeof member === 'boolean' ? member : undefined;
}
