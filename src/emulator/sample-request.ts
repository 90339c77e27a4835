import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { entryKind } from '../base/index.ts';
import type { ScriptSource } from '../config/index.ts';
import type { ScriptSwagger } from '../python/index.ts';

/** Maximum length: a few lines of a terminal. */
const MAX_CHARACTERS = 600;
const SAMPLE_REQUESTS = 'sample-requests.json';
/** Names of request body files in Azure ML's samples. */
const BODY_FILES = [
  'sample-request.json',
  'sample_request.json',
  'sample-input.json',
  'sample_input.json',
  'request.json',
  'sample-data.json',
];

/**
 * A body for a first request to the script, as curl's `-d` accepts it: the sample of the script's decorator, the first
 * request of `sample-requests.json`, a file with a body (`@FILE`), or otherwise an object with the members that the
 * script reads.
 */
export async function sampleRequest(
  projectDir: string,
  script: ScriptSource,
  swagger: ScriptSwagger | undefined,
): Promise<string> {
  return (
    sampleOfDecorator(swagger) ??
    (await firstOfSampleRequests(projectDir)) ??
    (await bodyFile([projectDir, script.sourceDirectory, path.dirname(script.entryScript)])) ??
    bodyFor(await readFile(script.entryScript, 'utf8').catch(() => ''))
  );
}

function sampleOfDecorator(swagger: ScriptSwagger | undefined): string | undefined {
  const { properties, example } = parsed(swagger?.input);
  if (typeof properties !== 'object' || properties === null) return undefined;
  return short(JSON.stringify(example ?? {}));
}

async function firstOfSampleRequests(projectDir: string): Promise<string | undefined> {
  const { requests } = parsed(await readFile(path.join(projectDir, SAMPLE_REQUESTS), 'utf8').catch(() => ''));
  const bodies: unknown[] = Array.isArray(requests) ? requests.map((one) => one?.score?.body) : [];
  const body = bodies.find((one) => one !== undefined);
  if (body === undefined) return undefined;
  return short(typeof body === 'string' ? body : JSON.stringify(body));
}

async function bodyFile(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of new Set(folders)) {
    for (const name of BODY_FILES) {
      const file = path.join(folder, name);
      if ((await entryKind(file)) === 'file') return `@${file}`;
    }
  }
  return undefined;
}

/** The members that a script reads from its parsed input, as far as its source shows them. */
function bodyFor(text: string): string {
  const loaded = [...text.matchAll(/(\w+)\s*=\s*json\.loads\(/g)].map(([, name]) => name);
  const parsedAt = ['json\\.loads\\([^()]*\\)', ...loaded.map((name) => `\\b${name}`)].join('|');
  const member = new RegExp(`(?:${parsedAt})(?:\\[\\s*|\\.get\\(\\s*)(?:'([^']+)'|"([^"]+)")`, 'g');
  const names = [...text.matchAll(member)].map(([, single, double]) => single ?? double ?? '');
  const body = Object.fromEntries([...new Set(names)].map((name) => [name, []]));
  return names.length > 0 ? JSON.stringify(body) : '{"data": []}';
}

const short = (text: string) => (text.length <= MAX_CHARACTERS ? text : undefined);

function parsed(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
