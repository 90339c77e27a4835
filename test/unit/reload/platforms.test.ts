// What differs on Windows and macOS when files are watched.
import { mkdir, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { remoteKindOf } from '../../../src/reload/remote-mount.ts';
import { watchPlaces } from '../../../src/reload/watcher.ts';
import { isBeingWritten } from '../../../src/reload/writers.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

let folder: TempFolder;
beforeEach(async () => {
  folder = await TempFolder.create();
});
afterEach(() => folder[Symbol.asyncDispose]());

it.each(['darwin', 'win32'] as const)('%s watches a tree with one recursive watcher', async (platform) => {
  await mkdir(folder.path('models/a/1'), { recursive: true });
  const hints = new Set<string>();
  const listener = { hint: (target: string) => void hints.add(target), fail: () => undefined };
  const places = { roots: [folder.directory], isIgnored: (target: string) => target.endsWith('.swp') };
  await using _watching = await watchPlaces(places, listener, platform);
  await writeFile(folder.path('models/a/1/x.swp'), '');
  await writeFile(folder.path('models/a/1/model.onnx'), 'x');
  await expect.poll(() => [...hints]).toContain(folder.path('models/a/1/model.onnx'));
  expect([...hints].filter((target) => target.endsWith('.swp'))).toEqual([]);
});

it('who writes a file, and what kind of disk it is on, is known on Linux only', async () => {
  const file = folder.path('model.onnx');
  await writeFile(file, 'x');
  for (const platform of ['darwin', 'win32'] as const) {
    expect(await isBeingWritten([file], platform)).toBe(false);
    expect(remoteKindOf(folder.directory, platform)).toBeUndefined();
  }
});
