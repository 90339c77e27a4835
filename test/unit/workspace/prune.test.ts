import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownIdentity, withFileLock } from '../../../src/base/index.ts';
import {
  type Instance,
  listPrunable,
  openWorkspace,
  removePrunable,
  type Workspace,
} from '../../../src/workspace/index.ts';

describe('what accumulates in the state folder', () => {
  let home: string;
  let workspace: Workspace;
  let instance: Instance;
  beforeEach(async () => {
    home = await mkdtemp(path.join(os.tmpdir(), 'tl-prune-'));
    workspace = await openWorkspace(home);
    instance = await workspace.createInstance();
    for (const folder of ['environments/old/bin', 'environments/used/bin', 'runtime/one', 'data/p', 'logs'])
      await mkdir(path.join(home, folder), { recursive: true });
    await writeFile(path.join(home, 'environments/old/bin/python'), 'x'.repeat(1000));
    await writeFile(path.join(home, 'environments/used/bin/python'), 'x'.repeat(500));
    await writeFile(path.join(home, 'environments/native.json'), '{}');
    await instance.uses(path.join(home, 'environments/used/bin/python'));
  });
  afterEach(async () => {
    await instance[Symbol.asyncDispose]();
    await rm(home, { recursive: true });
  });

  const item = async (name: string) =>
    (await listPrunable(home)).find((it) => it.path === path.join(home, ...name.split('/')));

  it('is listed with kind, size and age, the largest first', async () => {
    const longAgo = new Date('2026-01-01');
    for (const file of ['environments/old/bin/python', 'environments/old/bin', 'environments/old'])
      await utimes(path.join(home, file), longAgo, longAgo);
    const [first] = await listPrunable(home);
    expect(first).toEqual({
      kind: 'environment',
      path: path.join(home, 'environments', 'old'),
      bytes: 1000,
      usedAt: longAgo,
      inUse: false,
      elsewhere: false,
    });
    expect(await item('environments/native.json')).toBeUndefined();
    expect(await item('data/p')).toMatchObject({ kind: 'data', inUse: false });
    expect(await item('runtime/one')).toMatchObject({ kind: 'runtime' });
  });

  it('counts an upload of the SDK as in use for ten minutes after its last change', async () => {
    const upload = path.join(home, 'azure/blobs/abc');
    await mkdir(upload, { recursive: true });
    expect(await item('azure/blobs/abc')).toMatchObject({ kind: 'upload', inUse: true });
    const earlier = new Date(Date.now() - 700_000);
    await utimes(upload, earlier, earlier);
    expect(await item('azure/blobs/abc')).toMatchObject({ inUse: false });
  });

  it('is in use while an emulator runs that uses it, and free after that', async () => {
    expect(await item('environments/used')).toMatchObject({ inUse: true });
    expect(await item(`instances/${instance.id}`)).toMatchObject({ kind: 'instance', inUse: true });
    await instance[Symbol.asyncDispose]();
    expect(await item('environments/used')).toMatchObject({ inUse: false });
  });

  it('is in use while it is being built', async () => {
    await withFileLock(
      path.join(home, 'environments/old.lock'),
      new AbortController().signal,
      () => undefined,
      async () => expect(await item('environments/old')).toMatchObject({ inUse: true }),
    );
  });

  it('is in use if the emulator is elsewhere, and free if it is gone', async () => {
    const leave = async (id: string, other: object) => {
      const directory = path.join(home, 'instances', id);
      await mkdir(directory);
      const owner = { ...(await ownIdentity()), pid: spawnSync(process.execPath, ['-e', '']).pid, ...other };
      await writeFile(path.join(directory, 'owner.json'), JSON.stringify({ owner, claim: null }));
    };
    await leave('elsewhere', { host: 'other', machine: 'other', boot: 'other' });
    await leave('gone', {});
    expect(await item('instances/elsewhere')).toMatchObject({ inUse: true, elsewhere: true });
    expect(await item('instances/gone')).toMatchObject({ inUse: false, elsewhere: false });
  });

  it('keeps the log of a running emulator with its parts', async () => {
    const eventLog = path.join(home, 'logs', 'p.jsonl');
    for (const file of [eventLog, `${eventLog}.1`, path.join(home, 'logs', 'q.jsonl')])
      await writeFile(file, '{}');
    await instance.announce({ kind: 'emulator', projectDir: '/p', scoringUri: '', httpUrl: '', eventLog });
    expect(await item('logs/p.jsonl')).toMatchObject({ kind: 'log', inUse: true });
    expect(await item('logs/p.jsonl.1')).toMatchObject({ inUse: true });
    expect(await item('logs/q.jsonl')).toMatchObject({ inUse: false });
  });

  it('is removed whole', async () => {
    const old = await item('environments/old');
    if (old) await removePrunable(old);
    expect((await readdir(path.join(home, 'environments'))).sort()).toEqual(['native.json', 'used']);
  });
});
