import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isNext, release, releaseChangelog, sectionOf } from '../../.dev/release.mjs';
import { repositoryRoot, TempFolder } from '../helpers/temp-project.ts';

const CHANGELOG =
  '# Changelog\n\n## [Unreleased]\n\n### Added\n- A thing.\n\n## [0.1.0] - 2026-01-02\n\n- The first.\n';

describe('the changelog of a release', () => {
  it('moves what is unreleased below the version and its date', () => {
    const text = releaseChangelog(CHANGELOG, '0.2.0', '2026-02-03');
    expect(text).toContain('## [Unreleased]\n\n## [0.2.0] - 2026-02-03\n\n### Added\n- A thing.\n');
    expect(sectionOf(text, 'Unreleased')).toBe('');
    expect(sectionOf(text, '0.2.0')).toBe('### Added\n- A thing.');
    expect(sectionOf(text, '0.1.0')).toBe('- The first.');
  });

  it('refuses an empty section, a missing one, and a version that has one', () => {
    expect(() => releaseChangelog('## [Unreleased]\n\n## [0.1.0]\n- x\n', '0.2.0', '')).toThrow('is empty');
    expect(() => releaseChangelog('# Changelog\n', '0.2.0', '')).toThrow('no section [Unreleased]');
    expect(() => releaseChangelog(CHANGELOG, '0.1.0', '')).toThrow('already has a section 0.1.0');
  });

  it('is kept by this repository in the form that a release needs', () => {
    const text = readFileSync(`${repositoryRoot}/CHANGELOG.md`, 'utf8');
    expect(sectionOf(text, 'Unreleased')).toBeDefined();
    expect(text.match(/^## /gm)?.length).toBe(text.match(/^## \[(Unreleased|\d+\.\d+\.\d+)\]/gm)?.length);
  });
});

describe('the next version', () => {
  it.each([
    ['0.2.0', '0.1.9', true],
    ['0.1.10', '0.1.9', true],
    ['1.0.0', '0.9.9', true],
    ['0.1.0', '0.1.0', false],
    ['0.1.8', '0.1.9', false],
    ['0.2', '0.1.0', false],
    ['v0.2.0', '0.1.0', false],
  ])('%s after %s: %s', (version, current, expected) => {
    expect(isNext(version, current)).toBe(expected);
  });
});

describe('a release', () => {
  let folder: TempFolder;
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'init.defaultBranch=main', ...args], {
      cwd: folder.directory,
      encoding: 'utf8',
    }).trim();
  const json = (name: string) => JSON.parse(readFileSync(folder.path(name), 'utf8'));
  const options = { date: '2026-02-03', check: () => {} };

  beforeEach(async () => {
    folder = await TempFolder.create();
    git('init', '--quiet');
    git('config', 'user.name', 'test');
    git('config', 'user.email', 'test@example.com');
    git('config', 'commit.gpgsign', 'false');
    git('config', 'tag.gpgsign', 'false');
    writeFileSync(folder.path('CHANGELOG.md'), CHANGELOG);
    writeFileSync(folder.path('package.json'), '{"name":"x","version":"0.1.0"}');
    writeFileSync(
      folder.path('package-lock.json'),
      '{"version":"0.1.0","packages":{"":{"version":"0.1.0"}}}',
    );
    git('add', '.');
    git('commit', '--quiet', '--message', 'first');
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  it('sets the version everywhere, commits, and tags', () => {
    release(folder.directory, '0.2.0', options);
    expect(json('package.json').version).toBe('0.2.0');
    expect(json('package-lock.json')).toMatchObject({
      version: '0.2.0',
      packages: { '': { version: '0.2.0' } },
    });
    expect(git('log', '-1', '--format=%s')).toBe('release: 0.2.0');
    expect(git('describe', '--exact-match')).toBe('v0.2.0');
    expect(git('status', '--porcelain')).toBe('');
  });

  it('changes nothing if the gate fails, the tree is dirty, or the branch is another one', () => {
    const failing = () => {
      throw new Error('the gate failed');
    };
    expect(() => release(folder.directory, '0.2.0', { ...options, check: failing })).toThrow(
      'the gate failed',
    );
    expect(git('status', '--porcelain')).toBe('');
    writeFileSync(folder.path('stray.txt'), '');
    expect(() => release(folder.directory, '0.2.0', options)).toThrow('uncommitted changes');
    git('add', '.');
    git('commit', '--quiet', '--message', 'second');
    git('checkout', '--quiet', '-b', 'other');
    expect(() => release(folder.directory, '0.2.0', options)).toThrow('this is other');
    expect(json('package.json').version).toBe('0.1.0');
  });
});
