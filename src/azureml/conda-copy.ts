import path from 'node:path';
import { type SourceLocation, userError } from '../base/index.ts';
import type { JsonObject } from '../workspace/index.ts';
import type { Document } from './document.ts';

/** Packages in every environment of ours; Azure's own packages bring these along. */
const ALWAYS_THERE = ['numpy', 'tritonclient[http]', 'flask', 'inference-schema'];
/** Azure's own servers and clients, which ours replace. */
const REPLACED =
  /^(?:(?:azureml-defaults|azureml-inference-server-http|tritonhttpclient|tritonclientutils|nvidia-pyindex)\b.*|numpy|flask|inference-schema|tritonclient(?:\[[\w,]*\])?)$/i;

/** The conda file that a deployment's environment is made from. */
export interface CondaCopy {
  readonly text: string;
  /** The place of each line in the user's file; undefined for lines of ours. */
  readonly sources: readonly (SourceLocation | undefined)[];
}

/**
 * A conda file with our packages in place of Azure's. Paths become absolute, since the copy is not in the user's folder.
 * @param document the user's file; undefined for registered content.
 * @throws AZUREML_FILE_INVALID
 * @returns undefined if our default environment already has everything.
 */
export function copyConda(
  { channels, dependencies }: JsonObject,
  document: Document | undefined,
): CondaCopy | undefined {
  const list: unknown[] = Array.isArray(dependencies) ? dependencies : [];
  if (dependencies != null && !Array.isArray(dependencies))
    throw malformed('dependencies must be a list', dependencies, document?.locate('dependencies'));
  const conda: Line[] = [];
  const pip: Line[] = [];
  for (const [index, entry] of list.entries()) {
    const place = document?.locate('dependencies', index);
    if (typeof entry !== 'string' && !isPipSection(entry))
      throw malformed('each dependency must be a text, or pip with a list', entry, place);
    if (typeof entry === 'string' && !/^(?:python|pip)\s*$/.test(entry)) conda.push({ entry, place });
    for (const [nested, line] of pipSection(entry).entries()) {
      const at = document?.locate('dependencies', index, 'pip', nested);
      if (!REPLACED.test(line.trim())) pip.push({ entry: withAbsolutePath(line, document), place: at });
    }
  }
  if (conda.length === 0 && pip.length === 0) return undefined;
  const lines = [
    ...(Array.isArray(channels) ? [{ text: `channels: ${JSON.stringify(channels)}` }] : []),
    { text: 'dependencies:' },
    ...conda.map(({ entry, place }) => ({ text: `- ${JSON.stringify(entry)}`, place })),
    { text: '- pip:' },
    ...ALWAYS_THERE.map((entry) => ({ text: `  - ${JSON.stringify(entry)}` })),
    ...pip.map(({ entry, place }) => ({ text: `  - ${JSON.stringify(entry)}`, place })),
  ];
  return {
    text: lines.map(({ text }) => `${text}\n`).join(''),
    sources: lines.map((line) => ('place' in line ? line.place : undefined)),
  };
}

interface Line {
  readonly entry: string;
  readonly place: SourceLocation | undefined;
}

const isPipSection = (entry: unknown): entry is { readonly pip: readonly unknown[] | null } =>
  typeof entry === 'object' &&
  entry !== null &&
  'pip' in entry &&
  (entry.pip === null || Array.isArray(entry.pip));

function pipSection(entry: unknown): string[] {
  return isPipSection(entry) ? (entry.pip ?? []).map(String) : [];
}

function malformed(rule: string, value: unknown, location: SourceLocation | undefined): Error {
  const message = `Error parsing the conda file: ${rule}, not ${JSON.stringify(value)}`;
  return userError('AZUREML_FILE_INVALID', message, location && { location });
}

/** Paths are relative to the user's file: `./wheels/a.whl`, `-r more.txt`, `--find-links wheels`. */
function withAbsolutePath(line: string, document: Document | undefined): string {
  if (!document) return line;
  const base = path.dirname(path.resolve(document.file));
  const [, option, place] =
    /^((?:-[ercf]|--(?:requirement|constraint|editable|find-links))[\s=]*)?(.+)$/.exec(line.trim()) ?? [];
  if (place === undefined || /^[a-z][a-z+]*:/i.test(place)) return line;
  if (option === undefined && !/^\.{0,2}[\\/]|^\.{1,2}$/.test(place)) return line;
  return `${option ?? ''}${path.resolve(base, place)}`;
}
