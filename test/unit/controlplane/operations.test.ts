import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ArmError } from '../../../src/controlplane/arm-error.ts';
import {
  type EndedMeanwhile,
  OperationQueue,
  type RunOperation,
} from '../../../src/controlplane/operations/operations.ts';
import { AzureWorkspace } from '../../../src/workspace/index.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

const LONG_MS = 60_000;
const create = (resource: string, input = {}) => ({ resource, kind: 'create' as const, input });

describe('OperationQueue', () => {
  let folder: TempFolder;
  let workspace: AzureWorkspace;
  const queues: OperationQueue[] = [];

  beforeEach(async () => {
    folder = await TempFolder.create('tl-operations-');
    workspace = await AzureWorkspace.open(path.join(folder.directory, 'w.json'));
  });
  afterEach(async () => {
    for (const queue of queues.splice(0)) await queue[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  async function open(
    run: RunOperation,
    endedMeanwhile: EndedMeanwhile = () => undefined,
  ): Promise<OperationQueue> {
    const queue = await OperationQueue.open(workspace, run, endedMeanwhile);
    queues.push(queue);
    return queue;
  }

  it('records an operation before its work starts, and its end', async () => {
    const seen: unknown[] = [];
    const queue = await open(async ({ id }) => {
      seen.push((await workspace.read()).operations.find((it) => it.id === id)?.status);
    });
    const { id } = await queue.start(create('onlineEndpoints/abc', { variables: { KEY: 'secret' } }));
    expect(await queue.ended(id, LONG_MS)).toMatchObject({ status: 'Succeeded', error: null });
    expect(seen).toEqual(['InProgress']);
    expect((await workspace.read()).operations).toMatchObject([{ id, status: 'Succeeded', input: {} }]);
    expect(queue.inProgress()).toEqual([]);
  });

  it('records why an operation failed', async () => {
    const queue = await open(() => Promise.reject(new ArmError(400, 'ResourceNotReady', 'init() raised')));
    const { id } = await queue.start(create('onlineEndpoints/abc/deployments/blue'));
    const error = { code: 'ResourceNotReady', message: 'init() raised' };
    expect(await queue.ended(id, LONG_MS)).toMatchObject({ status: 'Failed', error });
  });

  it('runs the operations of one endpoint one after another, and those of others meanwhile', async () => {
    const started: string[] = [];
    const gate = gateOf();
    const queue = await open(async ({ resource }) => {
      started.push(resource);
      if (resource === 'onlineEndpoints/one') await gate.promise;
    });
    await queue.start(create('onlineEndpoints/one'));
    const second = await queue.start(create('onlineEndpoints/one/deployments/blue'));
    const other = await queue.start(create('onlineEndpoints/two'));
    await queue.ended(other.id, LONG_MS);
    expect(started).toEqual(['onlineEndpoints/one', 'onlineEndpoints/two']);
    gate.resolve();
    await queue.ended(second.id, LONG_MS);
    expect(started.at(-1)).toBe('onlineEndpoints/one/deployments/blue');
  });

  it('joins an equal request that is still in progress, and queues a different one', async () => {
    const gate = gateOf();
    const queue = await open(() => gate.promise);
    const first = await queue.start(create('onlineEndpoints/abc', { tags: { a: '1' } }));
    const same = await queue.start(create('onlineEndpoints/abc', { tags: { a: '1' } }));
    const different = await queue.start(create('onlineEndpoints/abc', { tags: { a: '2' } }));
    expect(same.id).toBe(first.id);
    expect(different.id).not.toBe(first.id);
    gate.resolve();
    await queue.settled();
    expect(queue.find(different.id)?.status).toBe('Succeeded');
  });

  it('cancels what is in progress below a resource that is deleted', async () => {
    const kinds: string[] = [];
    const queue = await open(async ({ kind }, signal) => {
      kinds.push(kind);
      if (kind === 'create') await aborted(signal);
    });
    const deployment = await queue.start(create('onlineEndpoints/abc/deployments/blue'));
    await vi.waitFor(() => expect(kinds).toEqual(['create']), LONG_MS);
    const gone = await queue.start({ resource: 'onlineEndpoints/abc', kind: 'delete', input: {} });
    expect(await queue.ended(gone.id, LONG_MS)).toMatchObject({ status: 'Succeeded' });
    expect(queue.find(deployment.id)).toMatchObject({
      status: 'Canceled',
      error: { code: 'OperationCanceled' },
    });
  });

  it('runs again what was in progress when its process ended', async () => {
    const first = await open((_operation, signal) => aborted(signal));
    const { id } = await first.start(create('onlineEndpoints/abc', { tags: { a: '1' } }));
    await first[Symbol.asyncDispose]();
    expect((await workspace.read()).operations).toMatchObject([{ id, status: 'InProgress' }]);
    const run = vi.fn<RunOperation>(() => Promise.resolve());
    const second = await open(run);
    expect(await second.ended(id, LONG_MS)).toMatchObject({ status: 'Succeeded' });
    expect(run.mock.calls[0]?.[0]).toMatchObject({ id, input: { tags: { a: '1' } } });
  });

  it.each(['Succeeded', 'Canceled'] as const)('does not run again what has %s meanwhile', async (status) => {
    const first = await open((_operation, signal) => aborted(signal));
    const { id } = await first.start(create('onlineEndpoints/abc'));
    await first[Symbol.asyncDispose]();
    const run = vi.fn<RunOperation>(() => Promise.resolve());
    const second = await open(run, () => status);
    await second.settled();
    expect(run).not.toHaveBeenCalled();
    expect((await workspace.read()).operations).toMatchObject([{ id, status }]);
  });

  it('forgets operations that ended long ago or before many others', async () => {
    const old = { ...ended(0), endTime: '2020-01-01T00:00:00.000Z' };
    const now = new Date().toISOString();
    const many = Array.from({ length: 250 }, (_, index) => ({ ...ended(index + 1), endTime: now }));
    await workspace.changeOperations(() => [old, ...many]);
    const queue = await open(() => Promise.resolve());
    const { id } = await queue.start(create('onlineEndpoints/abc'));
    await queue.ended(id, LONG_MS);
    const kept = (await workspace.read()).operations;
    expect(kept).toHaveLength(200);
    expect(kept.at(-1)?.id).toBe(id);
    expect(queue.find(old.id)).toBeUndefined();
  });
});

function ended(index: number) {
  return {
    id: `id-${index}`,
    resource: 'onlineEndpoints/abc',
    kind: 'create',
    status: 'Succeeded',
    error: null,
    startTime: '2020-01-01T00:00:00.000Z',
    endTime: null as string | null,
    input: {},
  } as const;
}

function gateOf() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve: () => resolve() };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
