import path from 'node:path';
import type { SourceLocation } from '../base/index.ts';
import type { JsonObject } from '../workspace/index.ts';
import type { Document } from './document.ts';

/** What our own environments hold for every script; the names are what Azure's packages bring along. */
const ALWAYS_THERE = ['numpy', 'tritonclient[http]', 'flask', 'inference-schema'];
/** Azure's own servers and clients: ours take their place. */
const REPLACED =
  /^(?:(?:azureml-defaults|azureml-inference-server-http|tritonhttpclient|tritonclientutils|nvidia-pyindex)\b.*|numpy|flask|inference-schema|tritonclient(?:\[[\w,]*\])?)$/i;

/** The conda file that a deployment's environment is made from. */
export interface CondaCopy {
  readonly text: string;
  /** Where each line comes from in the user's file, by its number; undefined for the lines that are ours. */
  readonly sources: readonly (SourceLocation | undefined)[];
}

/**
 * A conda file with our packages in the place of Azure's. It lies in another folder than the user's, so that paths in
 * it are made absolute.
 * @param document the user's file; undefined for content that was registered.
 * @returns undefined where our own default environment has all of it.
 */
export function copyConda(
  { channels, dependencies }: JsonObject,
  document: Document | undefined,
): CondaCopy | undefined {
  const list: unknown[] = Array.isArray(dependencies) ? dependencies : [];
  const conda: Line[] = [];
  const pip: Line[] = [];
  for (const [index, entry] of list.entries()) {
    const place = document?.locate('dependencies', index);
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

function pipSection(entry: unknown): string[] {
  if (typeof entry !== 'object' || entry === null || !('pip' in entry)) return [];
  return Array.isArray(entry.pip) ? entry.pip.map(String) : [];
}

/** pip reads paths from the folder of the user's file: `./wheels/a.whl`, `-r more.txt`, `--find-links wheels`. */
function withAbsolutePath(line: string, document: Document | undefined): string {
  if (!document) return line;
  const base = path.dirname(path.resolve(document.file));
  const [, option, place] =
    /^((?:-[ercf]|--(?:requirement|constraint|editable|find-links))[\s=]*)?(.+)$/.exec(line.trim()) ?? [];
  if (place === undefined || /^[a-z][a-z+]*:/i.test(place)) return line;
  if (option === undefined && !/^\.{0,2}[\\/]|^\.{1,2}$/.test(place)) return line;
  return `${option ?? ''}${path.resolve(base, place)}`;
}
