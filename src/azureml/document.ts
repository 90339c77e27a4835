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
import { messageOf, ownValue, type SourceLocation, TritonLocalError, userError } from '../base/index.ts';
import type { JsonObject } from '../workspace/index.ts';
import { withPyYamlScalars } from './yaml/pyyaml.ts';

const MAX_BYTES = 4 * 1024 * 1024;

/** A JSON or YAML file of the user, with the place of each member for messages. */
export interface Document {
  readonly file: string;
  readonly value: JsonObject;
  /** The place of a member; only the file if the member is missing. */
  locate(...path: readonly (string | number)[]): SourceLocation;
}

/**
 * Reads a configuration file. JSON is parsed as YAML, which accepts the trailing commas of some public samples.
 * @param option the flag that named the file, for the message.
 * @throws AZUREML_FILE_INVALID with file and line.
 */
export function readDocument(file: string, option: string): Promise<Document> {
  return read(file, option, {});
}

/** Reads a v2 file as PyYAML does for azure-ai-ml: by YAML 1.1, in which `yes` and `on` are booleans. */
export function readYaml(file: string, option: string): Promise<Document> {
  return read(file, option, { version: '1.1', customTags: withPyYamlScalars });
}

async function read(
  file: string,
  option: string,
  options: SchemaOptions & DocumentOptions,
): Promise<Document> {
  try {
    return parse(await readFile(file, 'utf8'), file, option, options);
  } catch (error) {
    if (error instanceof TritonLocalError) throw error;
    throw invalid(option, messageOf(error), { file }, error);
  }
}

/** Parses a YAML file that was received as text. @param name what errors call it. @throws AZUREML_FILE_INVALID */
export function parseYaml(text: string, name: string): JsonObject {
  return parse(text, name, name, {}).value;
}

function invalid(option: string, message: string, location: SourceLocation, cause?: unknown): Error {
  return userError('AZUREML_FILE_INVALID', `Error parsing ${option}. ${message}`, { location, cause });
}

function parse(
  text: string,
  file: string,
  option: string,
  options: SchemaOptions & DocumentOptions,
): Document {
  const refuse = (message: string, location: SourceLocation, cause?: unknown) =>
    invalid(option, message, location, cause);
  if (text.length > MAX_BYTES) throw refuse(`it has more than ${MAX_BYTES} bytes`, { file });
  const lines = new LineCounter();
  // JSON is often indented with tabs, which YAML allows only inside a flow collection.
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

/** The offset of a member's name or a list item in the text; undefined if it is missing. */
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

/** A member that must be an object if present. */
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
