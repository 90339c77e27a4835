import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno, messageOf, userError } from '../base/index.ts';
import { fingerprint, fingerprintBuildFiles } from './package-fingerprint.ts';

/** One line for pip, and where the user wrote it. */
export interface PipLine {
  readonly text: string;
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
}

const MAX_INCLUDES = 50;
const INCLUDE = /^\s*(-r|-c|--requirement|--constraint)(?:\s*=\s*|\s+|(?=[^-\s]))(\S.*?)\s*$/;
const EDITABLE = /^\s*(?:-e|--editable)(?:\s*=\s*|\s+)(\S.*?)\s*$/;
const FIND_LINKS = /^\s*(?:-f|--find-links)(?:\s*=\s*|\s+)(\S.*?)\s*$/;
const URL = /^[a-z][a-z0-9+.-]+:\/\//i;
const ARCHIVE = /\.(?:whl|zip|tar\.gz|tgz|tar\.bz2|tar\.xz)$/i;

/**
 * Returns the lines of a requirements file and of the files that it includes, without comments and with continued lines
 * joined.
 * @throws ENVIRONMENT_FILE for a file that cannot be read, with the line that includes it.
 */
export async function readPipFile(file: string, includedBy?: PipLine): Promise<PipLine[]> {
  return readOnce(file, includedBy, new Set());
}

async function readOnce(
  file: string,
  includedBy: PipLine | undefined,
  seen: Set<string>,
): Promise<PipLine[]> {
  if (seen.has(file) || seen.size >= MAX_INCLUDES) return [];
  seen.add(file);
  const lines = linesOf(await readText(file, includedBy), file);
  return withIncluded(lines, path.dirname(file), seen);
}

/** The given lines, followed by those of the files that they include; relative paths are resolved from `directory`. */
export async function withIncluded(
  lines: readonly PipLine[],
  directory: string,
  seen: Set<string> = new Set(),
): Promise<PipLine[]> {
  const all = [...lines];
  for (const line of lines) {
    const included = includedFile(line.text, directory);
    if (included !== undefined) all.push(...(await readOnce(included, line, seen)));
  }
  return all;
}

/** Makes the path of an included file absolute, since the line may be read from another folder. */
export function withAbsoluteInclude(text: string, directory: string): string {
  const included = includedFile(text, directory);
  const option = INCLUDE.exec(text)?.[1];
  return included === undefined || option === undefined ? text : `${option} ${quote(included)}`;
}

/**
 * Fingerprints what determines an environment besides the lines themselves: the local wheels, archives and folders that
 * they name. Paths are resolved from `directory`, where pip runs.
 */
export async function localContent(lines: readonly PipLine[], directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const { text, file } of lines) {
    const editable = EDITABLE.exec(text)?.[1];
    const links = FIND_LINKS.exec(text)?.[1];
    if (editable !== undefined) {
      // An editable package is used in place: only its location and its build definition matter.
      const folder = localPath(editable, directory);
      if (folder !== undefined) found.push(folder, await fingerprintBuildFiles(folder));
    } else if (links !== undefined) {
      for (const base of new Set([path.dirname(file), directory])) {
        const folder = localPath(links, base);
        if (folder !== undefined) found.push(await fingerprint(folder));
      }
    } else {
      const named = requirementPath(text);
      const target = named === undefined ? undefined : localPath(named, directory);
      if (target !== undefined) found.push(await fingerprint(target));
    }
  }
  return found;
}

/**
 * The path of a requirement that names one: `./x`, `x.whl`, `/a/b`, `file:x`, `name @ file:///x`; with extras and
 * markers.
 */
function requirementPath(text: string): string | undefined {
  const bare = text
    .replace(/\s+--?[a-z].*$/, '')
    .replace(/\s+;.*$/, '')
    .trim();
  const direct = /^[A-Za-z0-9._-]+(?:\[[^\]]*\])?\s*@\s*(file:\S+)$/.exec(bare)?.[1] ?? bare;
  if (direct.startsWith('-') || direct === '') return undefined;
  const looksLocal =
    /^(?:file:|\.{1,2}(?:[\\/[]|$)|[\\/~]|[A-Za-z]:[\\/])/.test(direct) || ARCHIVE.test(direct);
  const hasSeparator = /^[^<>=!~;@\s[]+[\\/]/.test(direct);
  return looksLocal || hasSeparator ? direct : undefined;
}

/** An existing path on this disk; undefined for a remote address. */
function localPath(named: string, directory: string): string | undefined {
  let bare = unquote(named);
  if (/^file:/i.test(bare))
    bare = decodeURIComponent(bare.replace(/^file:(?:\/\/(?:localhost)?(?=\/))?/i, ''));
  else if (URL.test(bare) || /^(?:git|hg|svn|bzr)\+/.test(bare)) return undefined;
  return path.resolve(directory, bare.replace(/#.*$/, '').replace(/\[[^\]]*\]$/, ''));
}

function includedFile(text: string, directory: string): string | undefined {
  const name = INCLUDE.exec(text)?.[2];
  return name === undefined || URL.test(name) ? undefined : path.resolve(directory, unquote(name));
}

/**
 * Splits a file as pip does: a backslash at the end continues a line, `#` at the start or after a space begins a
 * comment.
 */
function linesOf(text: string, file: string): PipLine[] {
  const found: PipLine[] = [];
  let joined = '';
  let start = 1;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (joined === '') start = index + 1;
    joined += raw.replace(/(^|\s)#.*$/, '').replace(/\\$/, '');
    if (/\\$/.test(raw) && !/(^|\s)#/.test(raw)) continue;
    if (joined.trim() !== '') found.push({ text: joined.trim(), file, line: start });
    joined = '';
  }
  if (joined.trim() !== '') found.push({ text: joined.trim(), file, line: start });
  return found;
}

/** @throws ENVIRONMENT_FILE with the line that names the file. */
export async function readText(file: string, namedBy?: PipLine): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const why = hasErrno(error, 'ENOENT') ? 'does not exist' : `cannot be read (${messageOf(error)})`;
    throw userError('ENVIRONMENT_FILE', `${file} ${why}`, {
      location: namedBy ? { file: namedBy.file, line: namedBy.line } : { file },
      cause: error,
    });
  }
}

export const quote = (file: string) => (/\s/.test(file) ? `"${file}"` : file);
const unquote = (name: string) => name.replace(/^(["'])(.*)\1$/, '$2');
