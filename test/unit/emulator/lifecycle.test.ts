import { mkdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveProject } from '../../../src/config/index.ts';
import { createEmulator, type Emulator } from '../../../src/emulator/index.ts';
import type { EmulatorEvent } from '../../../src/events/index.ts';
import { openWorkspace } from '../../../src/workspace/index.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

describe('an emulator', () => {
  let folder: TempFolder;
  let emulator: Emulator;
  let events: EmulatorEvent[];
  const { signal } = new AbortController();

  beforeEach(async () => {
    folder = await TempFolder.create();
    await mkdir(folder.path('project/models/triton'), { recursive: true });
    const config = await resolveProject({
      directory: folder.path('project'),
      flags: { engine: 'embedded', port: 0, httpPort: 0, watch: false },
      variables: { TRITON_LOCAL_HOME: folder.path('home') },
    });
    const instance = await (await openWorkspace(config.home)).createInstance();
    emulator = createEmulator({ config, runtimePaths: [], instance });
    events = [];
    emulator.control.subscribe((event) => events.push(event));
  });
  afterEach(async () => {
    await emulator.end('test ended', 0);
    expect(await (await openWorkspace(folder.path('home'))).list()).toEqual([]);
    await folder[Symbol.asyncDispose]();
  });

  const has = (type: EmulatorEvent['type']) => events.some((event) => event.type === type);

  it.each(['reload', 'pause', 'resume', 'pin', 'unpin'] as const)(
    'that has not been started says so, rather than that it did: %s',
    async (method) => {
      await expect(emulator.control[method]()).rejects.toMatchObject({ code: 'NOT_RUNNING' });
    },
  );

  it('that starts reloads after its start', async () => {
    const starting = emulator.start(signal);
    const reloading = emulator.control.reload();
    await reloading;
    expect(has('emulator.ready')).toBe(true);
    expect(has('reload.completed')).toBe(true);
    await starting;
  });

  it('that is stopped while it starts rejects the pending start', async () => {
    const starting = emulator.start(signal);
    const reloading = emulator.control.reload();
    starting.catch(() => undefined);
    reloading.catch(() => undefined);
    await emulator.end('asked to', 0);
    await expect(reloading).rejects.toMatchObject({ code: expect.stringMatching(/STOPPING|ABORTED|ENDED/) });
    expect(events.at(-1)).toMatchObject({ type: 'emulator.stopped' });
  });
});
