import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOMS } from '../../.dev/room-rules.mjs';
import { findBreaches, unusedHomes, withRoomTables } from '../../.dev/rooms.mjs';
import { repositoryRoot, TempFolder } from '../helpers/temp-project.ts';

describe('the import rule', () => {
  let folder: TempFolder;
  beforeEach(async () => {
    folder = await TempFolder.create();
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  const write = (files: Record<string, string>) => {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(folder.path(file)), { recursive: true });
      writeFileSync(folder.path(file), text);
    }
    return findBreaches(folder.directory);
  };

  it('holds in src', () => {
    expect(findBreaches(path.join(repositoryRoot, 'src'))).toEqual([]);
  });

  it('lets a room import one below it, by its index', () => {
    expect(
      write({ 'events/bus.ts': "import { a } from '../base/index.ts';\n", 'base/index.ts': '' }),
    ).toEqual([]);
  });

  it('refuses an import upward, with file and line', () => {
    const breaches = write({
      'base/a.ts': "const x = 1;\nimport { b } from '../events/index.ts';\n",
      'events/index.ts': '',
    });
    expect(breaches).toEqual([expect.stringMatching(/^base\/a\.ts:2 base may not import events/)]);
  });

  it('refuses an import past the index', () => {
    const breaches = write({ 'events/a.ts': "import { b } from '../base/b.ts';\n", 'base/b.ts': '' });
    expect(breaches).toEqual([expect.stringContaining('entered by their index.ts')]);
  });

  it('allows types but not values where the table says types', () => {
    const files = { 'python/a.ts': "import type { C } from '../config/index.ts';\n", 'config/index.ts': '' };
    expect(write(files)).toEqual([]);
    expect(write({ ...files, 'python/a.ts': "import { C } from '../config/index.ts';\n" })).toHaveLength(1);
  });

  it('finds a cycle, even of types', () => {
    const breaches = write({
      'base/a.ts': "import type { B } from './b.ts';\n",
      'base/b.ts': "import './a.ts';\n",
    });
    expect(breaches).toEqual([expect.stringContaining('import cycle')]);
  });

  it('keeps a heavy library in its one place', () => {
    const breaches = write({ 'scoring/a.ts': "const b = await import('chokidar');\n" });
    expect(breaches).toEqual([expect.stringMatching(/^scoring\/a\.ts:1 chokidar is imported in reload/)]);
  });

  it('lists no home of a library that does not use it', () => {
    expect(unusedHomes(path.join(repositoryRoot, 'src'))).toEqual([]);
    expect(unusedHomes(folder.directory)).toContain('chokidar reload/watcher.ts');
  });

  it('is shown in ARCHITECTURE.md as it is', () => {
    const text = readFileSync(path.join(repositoryRoot, 'src/ARCHITECTURE.md'), 'utf8');
    expect(withRoomTables(text)).toBe(text);
    expect(withRoomTables(text.replace('the composition root', 'something else'))).toBe(text);
    expect(() => withRoomTables('# No tables')).toThrow(/lacks the lines/);
  });

  it('knows every folder of src', () => {
    expect(Object.keys(ROOMS)).toEqual(expect.arrayContaining(['base', 'events', 'cli', 'emulator', 'ui']));
  });
});
