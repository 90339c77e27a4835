import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  entryKind,
  hashFile,
  isInside,
  syncFile,
  syncFolder,
  writeFileAtomic,
} from '../../../src/base/index.ts';
import { watchFlushes } from '../../helpers/flushes.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'triton-local-base-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe('writeFileAtomic', () => {
  it('makes missing folders, replaces what was there and leaves nothing else', async () => {
    const file = path.join(directory, 'deep', 'er', 'state.json');
    await writeFileAtomic(file, 'old');
    await writeFileAtomic(file, new Uint8Array([0x6e, 0x65, 0x77]));
    expect(await readFile(file, 'utf8')).toBe('new');
    expect(await readdir(path.dirname(file))).toEqual(['state.json']);
  });

  it('lets many writers of one file at once each write the whole', async () => {
    const file = path.join(directory, 'shared.json');
    const contents = Array.from({ length: 40 }, (_, index) => `${index} `.repeat(2_000));
    await Promise.all(contents.map((content) => writeFileAtomic(file, content)));
    expect(contents).toContain(await readFile(file, 'utf8'));
    expect(await readdir(directory)).toEqual(['shared.json']);
  });

  it('removes its temporary file when it fails', async () => {
    const file = path.join(directory, 'taken');
    await mkdir(path.join(file, 'by a folder'), { recursive: true });
    await expect(writeFileAtomic(file, 'x')).rejects.toThrow();
    expect(await readdir(directory)).toEqual(['taken']);
  });

  it.skipIf(process.platform === 'win32')('keeps secrets to the owner when asked to', async () => {
    const file = path.join(directory, 'keys.json');
    await writeFileAtomic(file, 'open', 0o644);
    await writeFileAtomic(file, 'secret', 0o600);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });
});

describe('hashFile', () => {
  it('is the SHA-256 of the bytes', async () => {
    const file = path.join(directory, 'model.onnx');
    const content = Buffer.alloc(300_000, 'weights');
    await writeFile(file, content);
    expect(await hashFile(file)).toBe(createHash('sha256').update(content).digest('hex'));
  });

  it('fails for what is not there', async () => {
    await expect(hashFile(path.join(directory, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('entryKind', () => {
  it('distinguishes files, folders and nothing, and follows links', async () => {
    const file = path.join(directory, 'a.txt');
    await writeFile(file, '');
    expect(await entryKind(file)).toBe('file');
    expect(await entryKind(directory)).toBe('directory');
    expect(await entryKind(path.join(directory, 'none'))).toBeUndefined();
    expect(await entryKind(path.join(file, 'below a file'))).toBeUndefined();
    if (process.platform === 'win32') return;
    await symlink(directory, path.join(directory, 'link'));
    await symlink(path.join(directory, 'none'), path.join(directory, 'dangling'));
    expect(await entryKind(path.join(directory, 'link'))).toBe('directory');
    expect(await entryKind(path.join(directory, 'dangling'))).toBeUndefined();
  });
});

describe('flushing to disk', () => {
  it.skipIf(process.platform === 'win32')(
    'covers the content before the rename, and the name after it',
    async () => {
      const file = path.join(directory, 'state.json');
      await writeFile(file, 'old');
      const content = () => readFile(file, 'utf8');
      expect(await watchFlushes(content, () => writeFileAtomic(file, 'new'))).toEqual(['old', 'new']);
    },
  );

  it('works for files and folders; Windows opens no folder, and flushes only writable files', async () => {
    const file = path.join(directory, 'model.onnx');
    await writeFile(file, 'x');
    for (const platform of ['linux', 'darwin', 'win32'] as const) await syncFile(file, platform);
    await syncFolder(path.join(directory, 'not', 'there'), 'win32');
    await expect(syncFolder(path.join(directory, 'not', 'there'), 'darwin')).rejects.toThrow('ENOENT');
    await expect(syncFile(path.join(directory, 'none'), 'win32')).rejects.toThrow('ENOENT');
  });
});

describe('isInside', () => {
  it('holds for the folder itself and all below, and for nothing that climbs out', () => {
    const root = path.resolve('/srv/models');
    const below = (name: string) => path.resolve(root, name);
    expect(isInside(root, root)).toBe(true);
    expect(isInside(root, below('digits/1/model.onnx'))).toBe(true);
    expect(isInside(root, below('..hidden'))).toBe(true);
    expect(isInside(root, below('..'))).toBe(false);
    expect(isInside(root, below('../other'))).toBe(false);
    expect(isInside(root, path.resolve('/srv/models-old/x'))).toBe(false);
    expect(isInside(root, path.resolve('/'))).toBe(false);
  });

  it('knows drives on Windows, either separator, and that case does not count there', () => {
    const isInsideOnWindows = (one: string, other: string) => isInside(one, other, path.win32);
    expect(isInsideOnWindows('C:\\Models', 'c:\\models\\Digits\\1')).toBe(true);
    expect(isInsideOnWindows('C:\\models', 'C:/models/digits')).toBe(true);
    expect(isInsideOnWindows('C:\\models', 'D:\\models\\digits')).toBe(false);
    expect(isInsideOnWindows('C:\\models', 'C:\\models-old')).toBe(false);
    expect(isInsideOnWindows('\\\\server\\share', '\\\\server\\share\\digits')).toBe(true);
  });
});
