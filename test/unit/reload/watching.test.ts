import { expect, it } from 'vitest';
import type { WatchListener } from '../../../src/reload/watcher.ts';
import { ProjectWatching } from '../../../src/reload/watching.ts';
import { turns } from './fakes.ts';

function start(remote: ReadonlyMap<string, string> = new Map()) {
  const said: string[] = [];
  const armed: { listener: WatchListener; closed: boolean }[] = [];
  const watching: ProjectWatching = new ProjectWatching({
    places: { roots: ['/p'], isIgnored: () => false },
    onHint: () => undefined,
    onMode: () => said.push(watching.reason),
    remoteKindOf: (root) => remote.get(root),
    watch: async (_places, listener) => {
      const one = { listener, closed: false };
      armed.push(one);
      return {
        async [Symbol.asyncDispose]() {
          one.closed = true;
        },
      };
    },
  });
  return { watching, said, armed };
}

const limit = Object.assign(new Error('no space'), { code: 'ENOSPC' });

it('gives the handles back at a watch limit, scans more often instead, and says so once', async () => {
  const { watching, said, armed } = start();
  await turns();
  expect(watching.reconcileMs).toBe(2_000);
  armed[0]?.listener.fail(limit);
  armed[0]?.listener.fail(limit);
  await turns();
  expect(armed).toMatchObject([{ closed: true }]);
  expect(watching.reconcileMs).toBe(500);
  expect(said).toEqual([
    "the system's limit of watched files is reached: changes are found by scanning every 0.5 s instead",
  ]);
  await watching[Symbol.asyncDispose]();
});

it('replaces watchers that missed a change, and polls when the new ones miss too', async () => {
  const { watching, said, armed } = start();
  await turns();
  watching.noteChange(false);
  await turns();
  expect(armed.map(({ closed }) => closed)).toEqual([true, false]);
  watching.noteChange(true);
  watching.noteChange(false);
  expect(said).toEqual([]);
  watching.noteChange(false);
  expect(said).toHaveLength(1);
  expect(watching.reconcileMs).toBe(500);
  await watching[Symbol.asyncDispose]();
  await watching[Symbol.asyncDispose]();
  expect(armed.every(({ closed }) => closed)).toBe(true);
});

it('scans less often if a scan is expensive', async () => {
  const { watching } = start();
  watching.noteScan(30);
  expect(watching.reconcileMs).toBe(4_500);
  watching.noteScan(500);
  expect(watching.reconcileMs).toBe(10_000);
  await watching[Symbol.asyncDispose]();
});

it('scans more often from the start if the project is on a network file system', async () => {
  const { watching, said } = start(new Map([['/p', 'NFS']]));
  expect(watching.mode).toBe('polling');
  expect(watching.reconcileMs).toBe(500);
  expect(said).toEqual([]);
  expect([watching.reason]).toEqual([
    '/p is on a NFS file system, whose events do not cover all changes: changes are found by scanning every 0.5 s instead',
  ]);
  await watching[Symbol.asyncDispose]();
});
