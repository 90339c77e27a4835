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

/** The required content of a managed environment. */
export interface Requirements {
  /** Shown to the user: the file's name, or a description of the default. */
  readonly title: string;
  /** The file that defines it; undefined for the default. */
  readonly file: string | undefined;
  /** The folder of the file, where pip runs and relative paths start, as with conda. */
  readonly directory: string | undefined;
  /** Lines of a pip requirements file. */
  readonly lines: readonly string[];
  /** Each line that pip finally reads, with its location in the user's files. */
  readonly sources: readonly PipLine[];
  /** Everything that determines what is installed: text, included files, and the content of local packages. */
  readonly content: string;
  /** What a conda file requires beyond its pip section; undefined for other files. */
  readonly conda: CondaRequirements | undefined;
}

export interface CondaRequirements {
  /** In conda's notation, Python included. */
  readonly packages: readonly CondaPackage[];
  readonly channels: readonly string[];
  /** The required Python. */
  readonly python: CondaPackage | undefined;
  /** The pip section alone, for use when conda installs the rest. */
  readonly pip: readonly string[];
  /** Packages that pip cannot provide. */
  readonly missing: readonly MissingPackage[];
}

export interface MissingPackage {
  readonly spec: string;
  readonly line: number;
  readonly why: string;
}

/** The packages of the cloud's environments. */
export const DEFAULT_PACKAGES = ['numpy', 'tritonclient[http]', 'flask', 'inference-schema'];

/**
 * Reads the project's requirements or conda file.
 * @throws ENVIRONMENT_FILE with file and line if it is missing or invalid.
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

/** Packages that are installed without a file of the user. */
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
