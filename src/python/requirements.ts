import path from 'node:path';
import type { PythonSource } from '../config/index.ts';
import { readCondaFile } from './conda-file.ts';
import { pipEquivalent } from './conda-names.ts';
import type { CondaPackage } from './conda-spec.ts';
import {
  localContent,
  type PipLine,
  quote,
  readPipFile,
  withAbsoluteInclude,
  withIncluded,
} from './pip-lines.ts';

/** What a managed environment has to hold. */
export interface Requirements {
  /** Shown to the user: the file's name, or what the default is. */
  readonly title: string;
  /** The file it comes from; undefined for the default. */
  readonly file: string | undefined;
  /** The folder that relative paths count from, in which pip runs: the file's, as with conda. */
  readonly directory: string | undefined;
  /** Lines of a pip requirements file. */
  readonly lines: readonly string[];
  /** Each line that pip reads in the end, with its place in the user's files. */
  readonly sources: readonly PipLine[];
  /** All that decides what is installed: text, included files, and the content of local packages. */
  readonly content: string;
  /** What a conda file asks for beyond its pip section; undefined for other files. */
  readonly conda: CondaRequirements | undefined;
}

export interface CondaRequirements {
  /** As conda takes them, Python included. */
  readonly packages: readonly CondaPackage[];
  readonly channels: readonly string[];
  /** The Python that it asks for. */
  readonly python: CondaPackage | undefined;
  /** Lines for pip of the pip section alone, for where conda installs the rest. */
  readonly pip: readonly string[];
  /** Packages that pip cannot give. */
  readonly missing: readonly MissingPackage[];
}

export interface MissingPackage {
  readonly spec: string;
  readonly line: number;
  readonly why: string;
}

/** As the cloud's environments have them. */
export const DEFAULT_PACKAGES = ['numpy', 'tritonclient[http]', 'flask', 'inference-schema'];

/**
 * Reads the project's requirements or conda file.
 * @throws ENVIRONMENT_FILE when it is missing or cannot be understood, with file and line.
 */
export async function readRequirements(source: PythonSource): Promise<Requirements> {
  const asked = await readProject(source);
  if (!source.debug) return asked;
  return { ...asked, lines: [...asked.lines, 'debugpy'], content: `${asked.content}\ndebugpy` };
}

async function readProject(source: PythonSource): Promise<Requirements> {
  if (source.condaFile !== undefined) return readConda(path.resolve(source.condaFile));
  if (source.requirementsFile !== undefined) {
    const file = path.resolve(source.requirementsFile);
    const sources = await readPipFile(file);
    return complete(file, [`-r ${quote(file)}`], sources, undefined);
  }
  return ownRequirements('the default packages', DEFAULT_PACKAGES);
}

/** Packages that no file of the user names. */
export function ownRequirements(title: string, lines: readonly string[]): Requirements {
  return {
    title,
    file: undefined,
    directory: undefined,
    lines,
    sources: [],
    content: lines.join('\n'),
    conda: undefined,
  };
}

async function readConda(file: string): Promise<Requirements> {
  const directory = path.dirname(file);
  const { packages, pip: section, channels } = await readCondaFile(file);
  const fromPyPI: PipLine[] = [];
  const missing: MissingPackage[] = [];
  for (const one of packages) {
    const equivalent = pipEquivalent(one);
    const { spec, line } = one;
    if (equivalent.kind === 'none') missing.push({ spec, line, why: equivalent.why });
    if (equivalent.kind === 'pip') fromPyPI.push({ text: equivalent.requirement, file, line });
  }
  const pip = section.map(({ text }) => withAbsoluteInclude(text, directory));
  const python = packages.findLast(({ name }) => name === 'python');
  const sources = [...fromPyPI, ...(await withIncluded(section, directory))];
  const lines = [...fromPyPI.map(({ text }) => text), ...pip];
  return complete(file, lines, sources, { packages, channels, python, pip, missing });
}

async function complete(
  file: string,
  lines: readonly string[],
  sources: readonly PipLine[],
  conda: CondaRequirements | undefined,
): Promise<Requirements> {
  const directory = path.dirname(file);
  const text = sources.map((line) => line.text);
  const local = await localContent(sources, directory);
  const content = JSON.stringify([
    text,
    local,
    conda?.packages.map(({ spec }) => spec) ?? [],
    conda?.channels ?? [],
  ]);
  return { title: path.basename(file), file, directory, lines, sources, content, conda };
}
