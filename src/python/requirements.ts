import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { hasErrno, messageOf, userError } from '../base/index.ts';
import type { PythonSource } from '../config/index.ts';

/** What a managed environment has to hold. */
export interface Requirements {
  /** Shown to the user: the file's name, or what the default is. */
  readonly title: string;
  /** The file it comes from; undefined for the default. */
  readonly file: string | undefined;
  /** Lines of a pip requirements file; paths in them are absolute. */
  readonly lines: readonly string[];
  /** All text that decides what is installed, files that are included too. */
  readonly content: string;
  /** The Python version that a conda file asks for, such as `3.9`. */
  readonly python: string | undefined;
  /** What a conda file asks for beyond its pip section; pip cannot get it. */
  readonly condaOnly: readonly string[];
}

/** As the cloud's environments have them. */
const DEFAULT_PACKAGES = ['numpy', 'tritonclient[http]', 'flask', 'inference-schema'];
const MAX_INCLUDES = 50;
/** Conda names of what every environment of ours has anyhow. */
const ALWAYS_THERE = new Set(['python', 'pip', 'setuptools', 'wheel']);

/**
 * Reads the project's requirements or conda file.
 * @throws ENVIRONMENT_FILE when it is missing or cannot be understood, with the file as location.
 */
export async function readRequirements(source: PythonSource): Promise<Requirements> {
  const asked = await readProject(source);
  if (!source.debug) return asked;
  return { ...asked, lines: [...asked.lines, 'debugpy'], content: `${asked.content}\ndebugpy` };
}

async function readProject(source: PythonSource): Promise<Requirements> {
  if (source.condaFile !== undefined) return readConda(source.condaFile);
  if (source.requirementsFile !== undefined) {
    const file = path.resolve(source.requirementsFile);
    const content = await readIncluding(file, new Set());
    const lines = [`-r ${quote(file)}`];
    return { title: path.basename(file), file, lines, content, python: undefined, condaOnly: [] };
  }
  return ownRequirements('the default packages', DEFAULT_PACKAGES);
}

/** Packages that no file of the user names. */
export function ownRequirements(title: string, lines: readonly string[]): Requirements {
  return { title, file: undefined, lines, content: lines.join('\n'), python: undefined, condaOnly: [] };
}

async function readConda(given: string): Promise<Requirements> {
  const file = path.resolve(given);
  const dependencies = parseDependencies(await readText(file), file);
  const lines: string[] = [];
  const condaOnly: string[] = [];
  let python: string | undefined;
  for (const entry of dependencies) {
    if (typeof entry === 'string') {
      const name = /^(?:[^:\s]+::)?([A-Za-z0-9_.-]+)/.exec(entry.trim())?.[1]?.toLowerCase() ?? entry;
      if (name === 'python') python = /(\d+\.\d+)/.exec(entry)?.[1];
      if (!ALWAYS_THERE.has(name)) condaOnly.push(entry);
    } else if (isPipSection(entry)) {
      lines.push(...entry.pip.map((line) => absoluteInclude(String(line), path.dirname(file))));
    }
  }
  let content = lines.join('\n');
  for (const included of includesOf(lines, path.dirname(file))) {
    content += `\n${await readIncluding(included, new Set())}`;
  }
  return { title: path.basename(file), file, lines, content, python, condaOnly };
}

function parseDependencies(text: string, file: string): unknown[] {
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw userError('ENVIRONMENT_FILE', `${file} is no valid YAML: ${messageOf(error)}`, {
      location: { file },
      cause: error,
    });
  }
  const dependencies =
    typeof content === 'object' && content !== null && 'dependencies' in content
      ? content.dependencies
      : undefined;
  if (!Array.isArray(dependencies)) {
    throw userError('ENVIRONMENT_FILE', `${file} has no list of dependencies`, {
      hint: 'a conda file has `dependencies:` with packages and a `pip:` section',
      location: { file },
    });
  }
  return dependencies;
}

function isPipSection(entry: unknown): entry is { pip: unknown[] } {
  return typeof entry === 'object' && entry !== null && 'pip' in entry && Array.isArray(entry.pip);
}

/** The text of a requirements file and of those that it includes. */
async function readIncluding(file: string, seen: Set<string>): Promise<string> {
  if (seen.has(file) || seen.size >= MAX_INCLUDES) return '';
  seen.add(file);
  const text = await readText(file);
  const parts = [text];
  for (const included of includesOf(text.split(/\r?\n/), path.dirname(file))) {
    parts.push(await readIncluding(included, seen));
  }
  return parts.join('\n');
}

const INCLUDE = /^\s*(-r|-c|--requirement|--constraint)[\s=]+(\S.*?)\s*$/;

function includesOf(lines: readonly string[], directory: string): string[] {
  const names = lines.flatMap((line) => INCLUDE.exec(line)?.[2] ?? []);
  return names
    .filter((name) => !/^[a-z]+:\/\//.test(name))
    .map((name) => path.resolve(directory, unquote(name)));
}

function absoluteInclude(line: string, directory: string): string {
  const [, option, name] = INCLUDE.exec(line) ?? [];
  if (option === undefined || name === undefined || /^[a-z]+:\/\//.test(name)) return line;
  return `${option} ${quote(path.resolve(directory, unquote(name)))}`;
}

const quote = (file: string) => (/\s/.test(file) ? `"${file}"` : file);
const unquote = (name: string) => name.replace(/^(["'])(.*)\1$/, '$2');

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const why = hasErrno(error, 'ENOENT') ? 'does not exist' : `cannot be read (${messageOf(error)})`;
    throw userError('ENVIRONMENT_FILE', `${file} ${why}`, { location: { file }, cause: error });
  }
}
