import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { childEnvironment } from '../helpers/emulator-process.ts';
import { TempFolder } from '../helpers/temp-project.ts';
import { runToEnd } from './digits.ts';

const installed = path.join(inject('installFolder'), 'node_modules/triton-local');

describe('the packed package', () => {
  it('installs offline, since it depends on nothing, and without a warning', () => {
    expect(inject('installOutput')).toMatch(/added 1 package\b/);
    expect(inject('installOutput')).not.toMatch(/deprecated|EBADENGINE|install script/i);
  });

  it('holds what it needs at run time and nothing of the workshop', async () => {
    const names = await readdir(installed);
    expect(names).toEqual(
      expect.arrayContaining(['dist', 'docs', 'sample-models', 'LICENSE', 'README.md', 'package.json']),
    );
    expect(names.filter((name) => /^(src|test|\.dev|\.ci|\.github|node_modules)$/.test(name))).toEqual([]);
    expect(await readdir(path.join(installed, 'dist/harness'))).toContain('worker.py');
    const files = await readdir(installed, { recursive: true });
    expect(files.filter((file) => /\.map$|__pycache__|\.pyc$|\.test\./.test(file))).toEqual([]);
  });

  it('stays small', async () => {
    const files = await readdir(installed, { recursive: true, withFileTypes: true });
    const sizes = await Promise.all(
      files
        .filter((file) => file.isFile())
        .map(async (file) => (await stat(path.join(file.parentPath, file.name))).size),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(8_000_000);
  });

  it('describes its events by the JSON Schema that it exports', async () => {
    const manifest = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8'));
    const schema = JSON.parse(
      await readFile(path.join(installed, manifest.exports['./schemas/event.schema.json']), 'utf8'),
    );
    expect(schema.$schema).toMatch(/json-schema\.org/);
  });

  it('runs by npx', async () => {
    await using folder = await TempFolder.create();
    const env = childEnvironment(folder.path('home'), folder.directory);
    const { code, stdout } = await runToEnd(['npx', 'triton-local', '--version'], {
      cwd: inject('installFolder'),
      env,
    });
    expect([code, stdout.trim()]).toEqual([
      0,
      JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8')).version,
    ]);
  });
});
