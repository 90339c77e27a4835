import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, blocksOf, linksOf, withContents } from '../../.dev/markdown.mjs';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { repositoryRoot } from '../helpers/temp-project.ts';

const read = (file: string) => readFileSync(path.join(repositoryRoot, file), 'utf8');
const tracked = execFileSync(
  'git',
  ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'],
  {
    cwd: repositoryRoot,
    encoding: 'utf8',
  },
);
const files = tracked
  .split('\0')
  .filter((file) => file !== '' && existsSync(path.join(repositoryRoot, file)));
const pages = files.filter((file) => file.startsWith('docs/') && file !== 'docs/README.md');

/** The relative links of a page as paths from the root, with their anchors. */
function relativeLinks(file: string) {
  return linksOf(read(file))
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [name = '', anchor] = target.split('#');
      const linked = name === '' ? file : path.posix.join(path.posix.dirname(file), decodeURI(name));
      return { target, linked, anchor };
    });
}

describe.each(files)('%s', (file) => {
  it('links only to files and headings that exist', () => {
    const broken = relativeLinks(file).filter(({ linked, anchor }) => {
      if (!existsSync(path.join(repositoryRoot, linked))) return true;
      return anchor !== undefined && !anchorsOf(read(linked)).includes(anchor);
    });
    expect(broken.map(({ target }) => target)).toEqual([]);
  });
});

describe.each(pages)('%s', (page) => {
  it('leads back to the index, which lists it', () => {
    const index = path.posix.relative(path.posix.dirname(page), 'docs/README.md');
    expect(read(page)).toContain(`\n[Documentation](${index}) · See also: [`);
    expect(relativeLinks('docs/README.md').map(({ linked }) => linked)).toContain(page);
  });

  it('has a contents list that is up to date (npm run docs)', () => {
    expect(read(page)).toMatch(/^\*\*Contents\*\*$/m);
    expect(read(page)).toBe(withContents(read(page)));
  });
});

describe('the package', () => {
  const { files: packed }: { files: string[] } = JSON.parse(read('package.json'));
  const isPacked = (file: string) =>
    file === 'package.json' || packed.some((entry) => file === entry || file.startsWith(`${entry}/`));

  it.each(['README.md', 'docs/README.md', ...pages])('holds everything that %s links to', (page) => {
    expect(isPacked(page)).toBe(true);
    const missing = relativeLinks(page).filter(({ linked }) => !isPacked(linked));
    expect(missing.map(({ target }) => target)).toEqual([]);
  });
});

describe('README.md', () => {
  it('is short, and names every exit status', () => {
    expect(read('README.md').split('\n').length).toBeLessThanOrEqual(200);
    const line =
      read('README.md')
        .split('\n')
        .find((text) => text.startsWith('Exit status')) ?? '';
    for (const status of [...Object.values(EXIT), 130, 143])
      expect(line).toMatch(new RegExp(`\\b${status}\\b`));
  });
});

describe('the reader of Markdown', () => {
  it('gives headings the anchors that GitHub gives them', () => {
    const text =
      '# A `b` & c\n```\n# no\n```\n## /score\n## Hot-reload: [x](y)?\n## /score\n<a id="e1"></a>\n';
    expect(anchorsOf(text)).toEqual(['a-b--c', 'score', 'hot-reload-x', 'score-1', 'e1']);
  });

  it('finds links outside of code, and blocks with the reason why they are not run', () => {
    expect(linksOf('[a](b.md#c) `[d](e)` ![f](g.svg)\n```\n[h](i)\n```\n<img src="j.svg">')).toEqual([
      'b.md#c',
      'g.svg',
      'j.svg',
    ]);
    const text = '<!-- not run: needs a cloud -->\n```console\n$ a\n```\n\n- x\n  ```console\n  $ b\n  ```\n';
    expect(blocksOf(text, 'console')).toEqual([
      { line: 2, text: '$ a', notRun: 'needs a cloud' },
      { line: 7, text: '$ b', notRun: undefined },
    ]);
  });
});
