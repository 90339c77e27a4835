import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ContentStore } from '../../../src/workspace/content-store.ts';
import { watchFlushes } from '../../helpers/flushes.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'tl-content-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('names a copy by what was copied, although the original changes in the meantime', async () => {
  const source = path.join(folder, 'model.bin');
  await writeFile(source, Buffer.alloc(4 << 20));
  await mkdir(path.join(folder, 'store'));
  const store = new ContentStore(path.join(folder, 'store'));
  let isOver = false;
  const writing = (async () => {
    const file = await open(source, 'r+');
    for (let n = 1; !isOver; n += 1) await file.write(Buffer.from(`${n}`), 0, undefined, 0);
    await file.close();
  })();
  try {
    for (let times = 0; times < 10; times += 1) {
      const { hash } = await store.add(source);
      const copied = await new ContentStore(path.join(folder, 'other')).add(store.pathOf(hash, 'model.bin'));
      expect(copied.hash).toBe(hash);
    }
  } finally {
    isOver = true;
    await writing;
  }
});

it.skipIf(process.platform === 'win32')(
  'flushes every file and folder before the copy gets its name',
  async () => {
    const source = path.join(folder, 'model');
    await mkdir(path.join(source, '1'), { recursive: true });
    await writeFile(path.join(source, 'config.pbtxt'), 'backend: "python"');
    await writeFile(path.join(source, '1', 'model.py'), 'pass');
    await mkdir(path.join(folder, 'store'));
    const store = new ContentStore(path.join(folder, 'store'));
    const hash = await store.hashOf(source);
    const flushes = await watchFlushes(
      () => store.has(hash),
      () => store.add(source),
    );
    // Two files and three folders (the copy, the model and its version), then the store's own folder.
    expect(flushes).toEqual([false, false, false, false, false, true]);
  },
);
