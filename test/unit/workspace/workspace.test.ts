import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownIdentity, type ProcessIdentity } from '../../../src/base/index.ts';
import { openWorkspace, type Workspace } from '../../../src/workspace/index.ts';
import {
  chooseSocketPath,
  makeSocketFolder,
  type SocketPlace,
  socketPaths,
} from '../../../src/workspace/socket-path.ts';

const onUnix = it.skipIf(process.platform === 'win32');
const ABOUT = {
  kind: 'emulator' as const,
  projectDir: '/project',
  scoringUri: 'http://localhost:6789/score',
  httpUrl: 'http://localhost:8000',
  eventLog: null,
};

let parent: string;
let home: string;
let workspace: Workspace;
beforeEach(async () => {
  parent = await mkdtemp(path.join(os.tmpdir(), 'tl-workspace-'));
  home = path.join(parent, 'state', 'triton-local');
  workspace = await openWorkspace(home);
});
afterEach(() => rm(parent, { recursive: true }));

const modeOf = async (file: string) => (await stat(file)).mode & 0o777;
const folders = () => readdir(path.join(home, 'instances'));

/** The number of a process that has just ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

/** A folder as an emulator leaves it that was killed. */
async function leaveInstance(
  id: string,
  owner: Partial<ProcessIdentity> | string,
  announced = true,
): Promise<void> {
  const directory = path.join(home, 'instances', id);
  await mkdir(directory);
  const claim = { projectDir: '/project', name: null };
  const record = typeof owner === 'string' ? owner : { owner: { ...(await ownIdentity()), ...owner }, claim };
  await writeFile(path.join(directory, 'owner.json'), JSON.stringify(record));
  await writeInstance(directory, { id }, announced);
}

async function writeInstance(directory: string, other: object, announced = true): Promise<void> {
  const record = {
    name: null,
    startedAt: '2026-01-01T00:00:00.000Z',
    pid: 1,
    controlSocket: 'nowhere',
    ...ABOUT,
    ...other,
  };
  if (announced) await writeFile(path.join(directory, 'instance.json'), JSON.stringify(record));
}

describe('the state folder', () => {
  onUnix('is made for its owner only', async () => {
    expect(await modeOf(home)).toBe(0o700);
  });

  it('is named if it cannot be used', async () => {
    const file = path.join(parent, 'file');
    await writeFile(file, '');
    await expect(openWorkspace(path.join(file, 'below'))).rejects.toMatchObject({
      code: 'WORKSPACE_UNUSABLE',
      message: expect.stringContaining(file),
    });
  });
});

describe('keys', () => {
  it('are made once and kept, for each service its own', async () => {
    const keys = await workspace.keys('a');
    expect(keys.primary).toMatch(/^[\w-]{32}$/);
    expect(keys.secondary).not.toBe(keys.primary);
    expect(await (await openWorkspace(home)).keys('a')).toEqual(keys);
    expect(await workspace.keys('b')).not.toEqual(keys);
  });

  it('are the same for all who make them at once', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => workspace.keys('a')));
    expect(new Set(made.map((keys) => JSON.stringify(keys))).size).toBe(1);
    expect(await readdir(path.join(home, 'keys'))).toEqual(['a.json']);
  });

  onUnix('lie in a file that only its owner reads', async () => {
    await workspace.keys('a');
    expect(await modeOf(path.join(home, 'keys', 'a.json'))).toBe(0o600);
    expect(await modeOf(path.join(home, 'keys'))).toBe(0o700);
  });

  it('never leave their folder, whatever the service is called', async () => {
    await workspace.keys('../../evil');
    expect(await readdir(path.join(home, 'keys'))).toEqual(['..%2F..%2Fevil.json']);
  });

  it('that are damaged are named, and not replaced', async () => {
    await workspace.keys('a');
    const file = path.join(home, 'keys', 'a.json');
    await writeFile(file, '{"primary":');
    await expect(workspace.keys('a')).rejects.toMatchObject({ code: 'KEYS_UNREADABLE', location: { file } });
    expect(await readFile(file, 'utf8')).toBe('{"primary":');
  });
});

describe('instances', () => {
  it('are listed from their announcement to their end', async () => {
    await using first = await workspace.createInstance();
    expect(await workspace.list()).toEqual([]);
    await first.announce(ABOUT);
    const second = await workspace.createInstance();
    await second.announce({ ...ABOUT, projectDir: '/other' });
    await writeFile(path.join(second.directory, 'more'), '');
    const listed = await (await openWorkspace(home)).list();
    expect(listed.map(({ projectDir }) => projectDir).sort()).toEqual(['/other', '/project']);
    expect(listed.find(({ id }) => id === first.id)).toEqual({
      id: first.id,
      name: null,
      pid: process.pid,
      startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      controlSocket: first.controlSocket,
      ...ABOUT,
    });
    const ended = second[Symbol.asyncDispose]();
    expect(second[Symbol.asyncDispose]()).toBe(ended);
    await ended;
    expect(await folders()).toEqual([first.id]);
  });

  it('of ended processes are swept, with their sockets, and those that live are not', async () => {
    await using mine = await workspace.createInstance();
    const pid = deadPid();
    await leaveInstance('killed', { pid });
    await leaveInstance('killed-early', { pid }, false);
    await leaveInstance('.half-made', { pid }, false);
    await mkdir(path.join(home, 'instances', 'half-removed'));
    await mkdir(path.join(home, 'instances', '.being-made'));
    await mkdir(path.join(home, 'instances', '.never-made'));
    const longAgo = new Date(Date.now() - 7_200_000);
    await utimes(path.join(home, 'instances', '.never-made'), longAgo, longAgo);
    expect(await workspace.list()).toEqual([]);
    await Promise.all([workspace.sweep(), (await openWorkspace(home)).sweep()]);
    expect((await folders()).sort()).toEqual(['.being-made', mine.id].sort());
    await workspace.sweep();
  });

  it.runIf(process.platform === 'linux')('of a process whose number was given away are swept', async () => {
    await leaveInstance('earlier', { started: 'another time' });
    expect(await workspace.list()).toEqual([]);
    await workspace.sweep();
    expect(await folders()).toEqual([]);
  });

  it.each([
    ['another host', { host: 'other', machine: 'other', boot: 'other' }],
    ['a boot that is not before this one', { boot: 'other' }],
    ['another process namespace', { pidNamespace: 'pid:[1]' }],
  ])('of %s are left alone, whatever their process number', async (_where, owner) => {
    await leaveInstance('elsewhere', { ...owner, pid: deadPid() });
    await workspace.sweep();
    expect(await folders()).toEqual(['elsewhere']);
    expect(await workspace.list()).toEqual([]);
  });

  it('whose record is damaged are left alone', async () => {
    await leaveInstance('damaged', 'nothing');
    await workspace.sweep();
    expect(await folders()).toEqual(['damaged']);
  });

  it.runIf(process.platform === 'linux')('take the shared memory of killed processes with them', async () => {
    const mine = await workspace.createInstance();
    const region = path.join('/dev/shm', `${mine.sharedMemoryPrefix}1-region`);
    const other = path.join('/dev/shm', `triton-local-${process.pid}-another-1-region`);
    const folder = path.join('/dev/shm', `${mine.sharedMemoryPrefix}tensors-1`);
    await writeFile(region, '');
    await mkdir(folder);
    await writeFile(path.join(folder, 'p1'), '');
    await writeFile(other, '');
    try {
      await mine[Symbol.asyncDispose]();
      await expect(stat(region)).rejects.toThrow('ENOENT');
      await expect(stat(folder)).rejects.toThrow('ENOENT');
      await stat(other);
    } finally {
      await rm(other);
    }
  });

  it('of one project are one a name, also of those that start at once', async () => {
    const claim = { projectDir: '/project', name: null };
    const results = await Promise.allSettled([1, 2, 3].map(() => workspace.createInstance(claim)));
    const failures = results.filter((it) => it.status === 'rejected');
    expect(failures.map(({ reason }) => reason.code)).toEqual(['ALREADY_RUNNING', 'ALREADY_RUNNING']);
    expect(failures[0]?.reason.hint).toContain('--id');
    await using second = await workspace.createInstance({ ...claim, name: 'second' });
    await second.announce(ABOUT);
    expect((await workspace.list()).map(({ name }) => name)).toEqual(['second']);
    for (const result of results)
      if (result.status === 'fulfilled') await result.value[Symbol.asyncDispose]();
    await using _again = await workspace.createInstance(claim);
  });

  it('whose process cannot be distinguished from a later one are listed while their socket answers', async () => {
    await leaveInstance('unsure', { pid: otherPid(), started: null });
    expect(await workspace.list()).toEqual([]);
    const address =
      process.platform === 'win32' ? `\\\\.\\pipe\\${path.basename(parent)}` : path.join(parent, 's');
    await writeInstance(path.join(home, 'instances', 'unsure'), { id: 'unsure', controlSocket: address });
    const server = createServer((socket) => socket.end()).listen(address);
    try {
      await expect.poll(async () => (await workspace.list()).map(({ id }) => id)).toEqual(['unsure']);
      await workspace.sweep();
      expect(await folders()).toEqual(['unsure']);
      const claim = { projectDir: '/project', name: null };
      await expect(workspace.requireUnclaimed(claim)).rejects.toMatchObject({ code: 'ALREADY_RUNNING' });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('survive being made and swept at once', async () => {
    const made = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const [instance] = await Promise.all([workspace.createInstance(), workspace.sweep()]);
        await instance.announce(ABOUT);
        return instance;
      }),
    );
    expect(await workspace.list()).toHaveLength(10);
    await Promise.all(made.map((instance) => instance[Symbol.asyncDispose]()));
    expect(await folders()).toEqual([]);
  });
});

describe('control sockets', () => {
  const place: SocketPlace = {
    platform: 'linux',
    temporaryDirectory: '/tmp',
    user: process.getuid?.(),
  };

  const best = (directory: string, other: Partial<SocketPlace> = {}) =>
    socketPaths(directory, 'id', { ...place, ...other })[0] ?? '';

  it('are in their folder if the path is short enough, otherwise under a hash of it', () => {
    expect(best('/srv/u/.local/state/x')).toBe(path.join('/srv/u/.local/state/x', 'control.sock'));
    const deep = `/${'deep/'.repeat(30)}`;
    const short = best(`${deep}one`);
    expect(Buffer.byteLength(short)).toBeLessThan(104);
    expect(short).not.toBe(best(`${deep}two`));
    expect(best(`${deep}one`, { temporaryDirectory: deep })).toBe(short);
    expect(Buffer.byteLength(best(`/${'ü'.repeat(60)}`))).toBeLessThan(104);
  });

  it('are named pipes on Windows', () => {
    expect(best('C:\\x', { platform: 'win32' })).toBe('\\\\.\\pipe\\triton-local-id');
  });

  onUnix('are not put where others may enter', async () => {
    const open = path.join(parent, 'open');
    await mkdir(open, { mode: 0o755 });
    await expect(makeSocketFolder(path.join(open, 's'), place)).rejects.toMatchObject({
      code: 'SOCKET_FOLDER_UNSAFE',
    });
    await mkdir(path.join(parent, 'own'), { mode: 0o700 });
    await symlink(path.join(parent, 'own'), path.join(parent, 'link'));
    await expect(makeSocketFolder(path.join(parent, 'link', 's'), place)).rejects.toMatchObject({
      code: 'SOCKET_FOLDER_UNSAFE',
    });
    const safe = path.join(parent, 'own', 's');
    expect(await chooseSocketPath([path.join(open, 's'), safe], place)).toBe(safe);
  });
});

/** A process that lives and is not this one. */
function otherPid(): number {
  return process.ppid;
}
