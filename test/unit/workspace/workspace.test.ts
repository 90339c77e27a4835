import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWorkspace, type Workspace } from '../../../src/workspace/index.ts';
import {
  chooseSocketPath,
  makeSocketFolder,
  type SocketPlace,
  socketPaths,
} from '../../../src/workspace/socket-path.ts';

const onUnix = it.skipIf(process.platform === 'win32');
const ABOUT = {
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
async function leaveInstance(id: string, owner: unknown, announced = true): Promise<void> {
  const directory = path.join(home, 'instances', id);
  await mkdir(directory);
  await writeFile(path.join(directory, 'owner.json'), JSON.stringify(owner));
  const record = { id, startedAt: '2026-01-01T00:00:00.000Z', pid: 1, controlSocket: 'nowhere', ...ABOUT };
  if (announced) await writeFile(path.join(directory, 'instance.json'), JSON.stringify(record));
}

describe('the state folder', () => {
  onUnix('is made for its owner only', async () => {
    expect(await modeOf(home)).toBe(0o700);
  });

  it('is named where it cannot be used', async () => {
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
    await leaveInstance('killed', { pid, identity: null });
    await leaveInstance('killed-early', { pid, identity: null }, false);
    await leaveInstance('damaged', 'nothing');
    await mkdir(path.join(home, 'instances', `.${pid}-half-made`));
    await mkdir(path.join(home, 'instances', `.${process.pid}-being-made`));
    expect(await workspace.list()).toEqual([]);
    await Promise.all([workspace.sweep(), (await openWorkspace(home)).sweep()]);
    expect((await folders()).sort()).toEqual([`.${process.pid}-being-made`, mine.id].sort());
    await workspace.sweep();
  });

  it.runIf(process.platform === 'linux')('of a process whose number was given away are swept', async () => {
    await leaveInstance('earlier', { pid: process.pid, identity: 'boot/1' });
    expect(await workspace.list()).toEqual([]);
    await workspace.sweep();
    expect(await folders()).toEqual([]);
  });

  it('whose process cannot be told from a later one are listed while their socket answers', async () => {
    const running = otherPid();
    await leaveInstance('unsure', { pid: running, identity: null });
    expect(await workspace.list()).toEqual([]);
    const file = path.join(home, 'instances', 'unsure', 'instance.json');
    const record = JSON.parse(await readFile(file, 'utf8'));
    const address =
      process.platform === 'win32' ? `\\\\.\\pipe\\${path.basename(parent)}` : path.join(parent, 's');
    await writeFile(file, JSON.stringify({ ...record, controlSocket: address }));
    const server = createServer((socket) => socket.end()).listen(address);
    try {
      await expect.poll(async () => (await workspace.list()).map(({ id }) => id)).toEqual(['unsure']);
      await workspace.sweep();
      expect(await folders()).toEqual(['unsure']);
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

  it('lie in their folder where the path is short enough, else under a hash of it', () => {
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
