// `npm run release -- VERSION`: turns the Unreleased section of CHANGELOG.md into that version, sets it in package.json
// and the lockfile, commits, and tags. Publishing is the tag's workflow (.github/workflows/release.yml).
// `node .dev/release.mjs --notes vVERSION` prints a version's section, for the release page.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const SECTION = /^## \[([^\]]+)\].*$/gm;

/**
 * Moves what stands under `## [Unreleased]` below a heading for the version, and leaves an empty Unreleased above it.
 * @throws Error where there is no such section, where it is empty, or where the version has one already.
 */
export function releaseChangelog(text, version, date) {
  if (sectionOf(text, version) !== undefined)
    throw new Error(`CHANGELOG.md already has a section ${version}`);
  const notes = sectionOf(text, 'Unreleased');
  if (notes === undefined) throw new Error('CHANGELOG.md has no section [Unreleased]');
  if (notes.trim() === '')
    throw new Error('CHANGELOG.md: [Unreleased] is empty, so there is nothing to release');
  return text.replace(/^## \[Unreleased\].*$/m, () => `## [Unreleased]\n\n## [${version}] - ${date}`);
}

/** The text below a version's heading, without the heading; undefined where there is no such heading. */
export function sectionOf(text, version) {
  const headings = [...text.matchAll(SECTION)];
  const index = headings.findIndex((heading) => heading[1] === version);
  if (index < 0) return undefined;
  const start = headings[index].index + headings[index][0].length;
  return text.slice(start, headings[index + 1]?.index).trim();
}

/** Whether `version` is a plain MAJOR.MINOR.PATCH that follows `current`. */
export function isNext(version, current) {
  const next = parse(version);
  const now = parse(current);
  if (!next || !now) return false;
  const at = next.findIndex((part, index) => part !== now[index]);
  return at >= 0 && next[at] > now[at];
}

const parse = (version) => /^(\d+)\.(\d+)\.(\d+)$/.exec(version)?.slice(1).map(Number);

/** Releases the repository in `root`; see the top of this file. `check` is the gate to pass first. */
export function release(root, version, { date, check }) {
  const file = (name) => path.join(root, name);
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  const manifest = JSON.parse(readFileSync(file('package.json'), 'utf8'));
  if (!isNext(version, manifest.version)) {
    throw new Error(`${version} is not a version after ${manifest.version}; write it as MAJOR.MINOR.PATCH`);
  }
  const branch = git('branch', '--show-current');
  if (branch !== 'main') throw new Error(`releases are made on main; this is ${branch || 'a detached HEAD'}`);
  if (git('status', '--porcelain')) throw new Error('the working tree has uncommitted changes');
  if (git('tag', '--list', `v${version}`)) throw new Error(`the tag v${version} exists already`);
  const changelog = releaseChangelog(readFileSync(file('CHANGELOG.md'), 'utf8'), version, date);
  check();
  writeFileSync(file('CHANGELOG.md'), changelog);
  for (const name of ['package.json', 'package-lock.json']) {
    const json = JSON.parse(readFileSync(file(name), 'utf8'));
    json.version = version;
    if (json.packages?.['']) json.packages[''].version = version;
    writeFileSync(file(name), `${JSON.stringify(json, null, 2)}\n`);
  }
  git(
    'commit',
    '--quiet',
    '--message',
    `release: ${version}`,
    '--',
    'CHANGELOG.md',
    'package.json',
    'package-lock.json',
  );
  git('tag', '--annotate', `v${version}`, '--message', `triton-local ${version}`);
}

function main([first, second]) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  if (first === '--notes') {
    const version = (second ?? '').replace(/^v/, '');
    const notes = sectionOf(readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8'), version);
    if (notes === undefined) throw new Error(`CHANGELOG.md has no section [${version}]`);
    process.stdout.write(`${notes}\n`);
    return;
  }
  if (!first) throw new Error('name the version: npm run release -- 1.2.3');
  release(root, first, {
    date: new Date().toISOString().slice(0, 10),
    check: () =>
      execFileSync('npm', ['run', 'check'], {
        cwd: root,
        stdio: 'inherit',
        shell: process.platform === 'win32',
      }),
  });
  process.stdout.write(`Tagged v${first}. Publish it with: git push --follow-tags origin main\n`);
}

if (process.argv[1] === import.meta.filename) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
