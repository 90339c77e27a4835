import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { buildIsFresh } from '../../.dev/build.mjs';
import { collectLicences, isPermissive } from '../../.dev/licences.mjs';
import { repositoryRoot, TempFolder } from '../helpers/temp-project.ts';

interface LockEntry {
  readonly version?: string;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const read = (file: string) => readFileSync(path.join(repositoryRoot, file), 'utf8');
const manifest = JSON.parse(read('package.json'));
const lock: { packages: Record<string, LockEntry> } = JSON.parse(read('package-lock.json'));
// A build of other sources proves nothing about these; `npm ci` and `npm test` create a fresh one.
const built = buildIsFresh();

describe('package-lock.json', () => {
  const entries = Object.entries(lock.packages);

  it('marks no install script, so that npm runs none (onnxruntime-node would download a GPU library)', () => {
    expect(entries.filter(([, entry]) => entry.hasInstallScript).map(([place]) => place)).toEqual([]);
  });

  it('records no download addresses', () => {
    expect(entries.filter(([, entry]) => entry.resolved).map(([place]) => place)).toEqual([]);
  });

  it('is of the version and the packages that package.json names', () => {
    expect(lock.packages['']).toMatchObject({
      version: manifest.version,
      devDependencies: manifest.devDependencies,
    });
  });

  it.each([
    ['@biomejs/biome', ['@biomejs/cli-linux-x64', '@biomejs/cli-darwin-arm64', '@biomejs/cli-win32-x64']],
    [
      'esbuild',
      ['@esbuild/linux-x64', '@esbuild/linux-arm64', '@esbuild/darwin-arm64', '@esbuild/win32-x64'],
    ],
    [
      'rolldown',
      [
        '@rolldown/binding-linux-x64-gnu',
        '@rolldown/binding-darwin-arm64',
        '@rolldown/binding-win32-x64-msvc',
      ],
    ],
  ])('pins the programs of %s for Linux, macOS and Windows', (name, platforms) => {
    const wanted = lock.packages[`node_modules/${name}`]?.optionalDependencies;
    for (const platform of platforms) {
      expect(lock.packages[`node_modules/${platform}`]?.version, platform).toBe(wanted?.[platform]);
    }
  });
});

describe('package.json', () => {
  it('has no dependencies: everything is bundled, or found when needed', () => {
    expect(manifest.dependencies).toBeUndefined();
    expect(manifest.optionalDependencies).toBeUndefined();
    expect(manifest.peerDependencies).toBeUndefined();
  });

  it('runs nothing on a machine that installs the tarball', () => {
    const run = Object.keys(manifest.scripts).filter((name) => /^((pre|post)?install|prepare)$/.test(name));
    expect(run).toEqual([]);
  });
});

describe('the build', () => {
  it.runIf(built)('leaves the command, executable and free of machine paths', () => {
    const file = path.join(repositoryRoot, manifest.bin['triton-local']);
    expect(read(manifest.bin['triton-local'])).toMatch(/^#!\/usr\/bin\/env node\n/);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o111).toBe(0o111);
  });

  it.runIf(built)('keeps onnxruntime from reporting to its maker', () => {
    expect(read(manifest.bin['triton-local'])).toMatch(/ORT_DISABLE_TELEMETRY \?\?= '1'/);
  });

  it.runIf(built)('leaves every exported file, and the licences of what is bundled', () => {
    const targets = Object.values<string>(manifest.exports);
    expect(targets.filter((target) => !existsSync(path.join(repositoryRoot, target)))).toEqual([]);
    const licences = read('dist/THIRD_PARTY_LICENSES.txt');
    for (const name of ['commander', 'ink', 'react', 'undici', 'zod']) {
      expect(licences).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+\\n`, 'm'));
    }
  });

  it.runIf(built)('describes an event of --ui json', () => {
    const schema = JSON.parse(read('dist/schemas/event.schema.json'));
    const types = schema.oneOf.map(
      (event: { properties: { type: { const: string } } }) => event.properties.type.const,
    );
    expect(types).toEqual(expect.arrayContaining(['emulator.ready', 'reload.failed', 'log.line']));
  });

  it.runIf(built)('leaves a Docker client that loads without the compiled parts of its SSH library', () => {
    const chunks = readdirSync(path.join(repositoryRoot, 'dist'))
      .filter((name) => /^docker-\w+\.js$/.test(name))
      .map((name) => pathToFileURL(path.join(repositoryRoot, 'dist', name)).href);
    expect(chunks).not.toEqual([]);
    const load = `for (const chunk of ${JSON.stringify(chunks)}) {
      const { default: Docker } = await import(chunk);
      if (Docker) process.stdout.write(typeof new Docker({ socketPath: '/nowhere' }).ping);
    }`;
    const result = spawnSync(process.execPath, ['--input-type=module', '-e', load], { encoding: 'utf8' });
    expect(result).toMatchObject({ status: 0, stderr: '', stdout: 'function' });
  });

  it('describes a package without a licence text by what its manifest states', async () => {
    await using folder = await TempFolder.create('triton-local-licences-');
    const bundle = async (manifest: object) => {
      await mkdir(folder.path('node_modules/thing'), { recursive: true });
      await writeFile(folder.path('LICENSE'), 'MIT License\n\nCopyright (c) us\n');
      await writeFile(folder.path('node_modules/thing/package.json'), JSON.stringify(manifest));
      const inputs = { 'node_modules/thing/index.js': {} };
      return collectLicences(folder.path('.'), [{ outputs: { 'dist/main.js': { inputs } } }]);
    };
    const thing = { name: 'thing', version: '1.0.0', author: 'Ada' };

    const text = await bundle({ ...thing, license: 'ISC' });
    expect(text).toContain('Licence: ISC\n\nCopyright (c) Ada\n');
    expect(text).toContain('https://spdx.org/licenses/ISC.html');
    expect(await bundle({ ...thing, licenses: [{ type: 'MIT' }] })).toContain('Licence: MIT\n\nMIT License');
    await expect(bundle(thing)).rejects.toThrow('thing 1.0.0: none stated');
    await expect(bundle({ ...thing, license: 'GPL-3.0-only' })).rejects.toThrow('thing 1.0.0: GPL-3.0-only');
  });

  it('refuses to bundle what is not permissively licensed', () => {
    expect(isPermissive('MIT')).toBe(true);
    expect(isPermissive('(MIT OR GPL-3.0)')).toBe(true);
    expect(isPermissive('MIT AND GPL-3.0-only')).toBe(false);
    expect(isPermissive('')).toBe(false);
  });
});

describe('the repository', () => {
  it('names no folder of a developer’s machine', () => {
    const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: repositoryRoot, encoding: 'utf8' })
      .split('\0')
      .filter(
        (file) =>
          /\.(ts|tsx|mjs|js|json|md|py|ya?ml|pbtxt)$/.test(file) &&
          existsSync(path.join(repositoryRoot, file)),
      );
    const personal = /(^|[\s"'`(=])\/(home|Users|root|work)\/\w/;
    expect(tracked.filter((file) => personal.test(read(file)))).toEqual([]);
  });
});
