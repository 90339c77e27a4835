import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../helpers/temp-project.ts';
import { COMPARED_ERRORS, errorTable } from '../integration/inference/fidelity/error-codes.ts';

const PLACES = ['src', 'test', '.dev', '.github', '.ci', 'templates', 'sample-models', 'docs'];
const TEXT = /\.(tsx?|mjs|js|py|sh|md|ya?ml|json|txt)$/;
/** A page of ours, from the root of the repository, with or without a heading. */
const CITATION = /(?<![\w./-])docs\/[\w/-]+\.md(?:#[\w-]+)?/g;
/** Pages that were never part of this repository, by name, and places in a page by number. */
const ELSEWHERE =
  /\b(?:ux|style|azure-control-plane)\.md\b|\bDESIGN\b|(?<!reference\/|\]\()\b(?:triton|azureml)\.md\b|\.md,? (?:section )?\d/;

const files = [
  'README.md',
  ...PLACES.flatMap((place) =>
    readdirSync(path.join(repositoryRoot, place), { recursive: true, encoding: 'utf8' })
      .map((file) => path.join(place, file))
      .filter((file) => TEXT.test(file)),
  ),
].filter((file) => path.join(repositoryRoot, file) !== import.meta.filename);

const read = (file: string) => readFileSync(path.join(repositoryRoot, file), 'utf8');

/** The anchors that GitHub gives a page's headings, and those that it sets itself. */
function anchorsOf(page: string): ReadonlySet<string> {
  const text = read(page);
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .trim()
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
  return new Set([...headings, ...[...text.matchAll(/<a id="([\w-]+)">/g)].map(([, id = '']) => id)]);
}

const anchors = new Map<string, ReadonlySet<string>>();

/** Whether a page, and the heading in it, are there. */
function leadsSomewhere(target: string): boolean {
  const [page = '', anchor] = target.split('#');
  if (!existsSync(path.join(repositoryRoot, page))) return false;
  if (anchor === undefined) return true;
  const known = anchors.get(page) ?? anchorsOf(page);
  anchors.set(page, known);
  return known.has(anchor);
}

/** Each line for which `find` has something to say, as `file:line what`. */
function breaches(find: (line: string) => readonly string[]): readonly string[] {
  return files.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, index) => find(line).map((what) => `${file}:${index + 1} ${what}`)),
  );
}

describe('a citation', () => {
  it('names a page and a heading that are there', () => {
    expect(breaches((line) => (line.match(CITATION) ?? []).filter((it) => !leadsSomewhere(it)))).toEqual([]);
  });

  it('never refers to a document outside the repository, or to a number', () => {
    expect(breaches((line) => ELSEWHERE.exec(line)?.slice(0, 1) ?? [])).toEqual([]);
  });
});

describe('the catalogue of errors', () => {
  const page = read('docs/reference/triton.md');
  /** Names and numbers of a message, which the catalogue writes as a letter. */
  const shaped = (text: string) => text.replace(/'\w+'/g, "'*'").replace(/\b(?:\d+|[A-Z])\b/g, '*');

  it('has a row for each number that the comparison uses, and no other', () => {
    const rows = [...anchorsOf('docs/reference/triton.md')].filter((anchor) => /^e\d+$/.test(anchor));
    const numbers = errorTable().map(([code]) => code.toLowerCase());
    expect(rows.sort()).toEqual([...numbers].sort());
  });

  // E10 never reaches us: Node's own parser answers it.
  it.each(Object.entries(COMPARED_ERRORS).filter(([code]) => code !== 'E10'))(
    'has the text of %s that the comparison with a real Triton sees',
    (code, { says }) => {
      const row = page.split('\n').find((line) => line.includes(`<a id="${code.toLowerCase()}">`)) ?? '';
      expect(shaped(row)).toContain(shaped(says));
    },
  );
});
