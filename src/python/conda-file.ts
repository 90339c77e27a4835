import path from 'node:path';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { userError } from '../base/index.ts';
import { type CondaPackage, parseCondaSpec } from './conda-spec.ts';
import { type PipLine, readText } from './pip-lines.ts';

/** What a conda file requires, each entry with its line. */
export interface CondaFile {
  readonly packages: readonly CondaPackage[];
  readonly pip: readonly PipLine[];
  readonly channels: readonly string[];
}

/** @throws ENVIRONMENT_FILE with file and line. */
export async function readCondaFile(file: string): Promise<CondaFile> {
  const lines = new LineCounter();
  const document = parseDocument(await readText(file), { lineCounter: lines });
  const refuse = (what: string, line?: number, hint?: string) =>
    userError('ENVIRONMENT_FILE', `${path.basename(file)}${what}`, {
      location: line === undefined ? { file } : { file, line },
      ...(hint !== undefined && { hint }),
    });
  const [fault] = document.errors;
  if (fault) {
    throw refuse(` is not valid YAML: ${fault.message.split('\n')[0]}`, lines.linePos(fault.pos[0]).line);
  }
  const lineOf = (node: unknown) => lines.linePos((node as Node).range?.[0] ?? 0).line;
  const dependencies = document.get('dependencies');
  if (!isSeq(dependencies)) {
    throw refuse(
      ' has no list of dependencies',
      undefined,
      'list the packages under `dependencies:`, those of pip in a `pip:` section there',
    );
  }
  const packages: CondaPackage[] = [];
  const pip: PipLine[] = [];
  for (const entry of dependencies.items) {
    const line = lineOf(entry);
    if (isMap(entry)) {
      const section = entry.get('pip', true);
      if (!isSeq(section) && !(isScalar(section) && section.value === null)) {
        throw refuse(': dependencies may only nest a `pip:` section, which is a list of lines', line);
      }
      for (const item of isSeq(section) ? section.items : []) {
        if (!isScalar(item)) throw refuse(': a line of the pip section must be text', lineOf(item));
        const text = String(item.value ?? '')
          .replace(/(^|\s)#.*$/, '')
          .trim();
        if (text !== '') pip.push({ text, file, line: lineOf(item) });
      }
      continue;
    }
    const found = isScalar(entry) ? parseCondaSpec(String(entry.value ?? ''), line) : undefined;
    if (!found) {
      throw refuse(
        `: ${isScalar(entry) ? `"${entry.value}"` : 'this entry'} is not a package`,
        line,
        'write NAME, NAME=VERSION or NAME>=VERSION',
      );
    }
    packages.push(found);
  }
  const channels = document.get('channels');
  return {
    packages,
    pip,
    channels: isSeq(channels) ? channels.items.map((item) => String(isScalar(item) ? item.value : item)) : [],
  };
}
