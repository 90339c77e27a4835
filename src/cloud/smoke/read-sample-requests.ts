import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { entryKind, messageOf, userError } from '../../base/index.ts';
import { narrow } from './loose-json.ts';
import { type SampleRequests, sampleRequestsSchema } from './sample-requests.ts';

/** Files searched for the project's sample requests, in this order. */
export const SAMPLE_REQUEST_FILES = ['sample-requests.json', 'sample-requests.yaml', 'sample-requests.yml'];

/** How many mistakes are reported at once. */
const MOST_MISTAKES = 10;

/**
 * Reads the project's sample requests, or the given file. Bare `NaN` and `Infinity` are numbers, and 64-bit integers
 * stay exact.
 * @throws REQUESTS_INVALID with the file, the line and the place in it (`requests[2].expect.status`).
 */
export async function readSampleRequests(projectDir: string, given?: string): Promise<SampleRequests> {
  const file = given ? path.resolve(given) : await findSampleRequests(projectDir);
  const lines = new LineCounter();
  const document = parse(await readText(file), file, lines);
  const parsed = sampleRequestsSchema.safeParse(toPlain(document, file));
  if (parsed.success) return { ...parsed.data, file };
  const { issues } = parsed.error;
  const mistakes = issues
    .slice(0, MOST_MISTAKES)
    .map((issue) => `${placeText(issue.path)}: ${issue.message}`);
  if (issues.length > MOST_MISTAKES) mistakes.push(`and ${issues.length - MOST_MISTAKES} more mistakes`);
  const line = lineOf(document, pathOf(issues[0]), lines);
  throw userError('REQUESTS_INVALID', mistakes.join('\n'), { location: { file, line } });
}

async function findSampleRequests(projectDir: string): Promise<string> {
  for (const name of SAMPLE_REQUEST_FILES) {
    const file = path.join(projectDir, name);
    if ((await entryKind(file)) === 'file') return file;
  }
  throw userError('REQUESTS_INVALID', `${projectDir} has no sample requests`, {
    hint: `write ${SAMPLE_REQUEST_FILES[0]}, for example: {"version": 1, "requests": [{"name": "one", "score": {"body": {}}, "expect": {"status": 200}}]}`,
  });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw userError('REQUESTS_INVALID', `cannot read the sample requests: ${messageOf(error)}`, {
      location: { file },
      cause: error,
    });
  }
}

/** The YAML parser also reads JSON, and knows the line of everything. */
function parse(text: string, file: string, lineCounter: LineCounter): Document {
  const document = parseDocument(text, {
    lineCounter,
    intAsBigInt: true,
    customTags: (tags) => [...tags, BARE_NUMBER],
  });
  const [error] = document.errors;
  if (!error) return document;
  const [message = ''] = error.message.split(/ at line \d+/);
  const line = error.linePos?.[0].line;
  throw userError('REQUESTS_INVALID', `not valid JSON or YAML: ${message}`, {
    location: { file, ...(line !== undefined && { line }) },
    cause: error,
  });
}

const BARE_NUMBER = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  test: /^(?:NaN|-?Infinity)$/,
  resolve: Number,
} as const;

function toPlain(document: Document, file: string): unknown {
  try {
    return withNumbers(document.toJS());
  } catch (error) {
    // Such as an undefined alias, or aliases that expand without limit.
    throw userError('REQUESTS_INVALID', messageOf(error), { location: { file }, cause: error });
  }
}

function withNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return narrow(value);
  if (Array.isArray(value)) return value.map(withNumbers);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withNumbers(member)]));
}

/** The path to a mistake; for an unknown key, the path to the key itself. */
function pathOf(issue: z.core.$ZodIssue | undefined): readonly PropertyKey[] {
  if (!issue) return [];
  return issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
}

/** The line of the node at this path, or of the last existing node on the way to it. */
function lineOf(document: Document, steps: readonly PropertyKey[], lines: LineCounter): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of steps) {
    if (isAlias(node)) node = node.resolve(document);
    if (isSeq(node)) {
      node = node.items[Number(step)];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    } else if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (!pair) break;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else break;
  }
  return lines.linePos(offset).line || 1;
}

/** `['requests', 2, 'expect']` as `requests[2].expect`. */
function placeText(steps: readonly PropertyKey[]): string {
  const text = steps.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return text.replace(/^\./, '') || 'the file';
}
