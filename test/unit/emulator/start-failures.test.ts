import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { userError } from '../../../src/base/index.ts';
import { emitStartFailures, findStartFailures } from '../../../src/emulator/start-failures.ts';
import type { RunningEngine } from '../../../src/engines/index.ts';
import { type EmulatorEvent, EventBus, type ModelStatus } from '../../../src/events/index.ts';
import { UserPaths } from '../../../src/repository/index.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

let folder: TempFolder;
beforeEach(async () => {
  folder = await TempFolder.create();
});
afterEach(() => folder[Symbol.asyncDispose]());

/** An engine that has these models; for a name in `failures` it knows more than the reason. */
function engineWith(
  kind: RunningEngine['kind'],
  models: readonly ModelStatus[],
  failures: Readonly<Record<string, Error>> = {},
): RunningEngine {
  return {
    kind,
    ...(kind === 'external' && { modelsAt: 'http://elsewhere:8000' }),
    models: () => models,
    loadFailure: async (model: string) => failures[model],
  } as unknown as RunningEngine;
}

const model = (name: string, state: ModelStatus['state'], reason = ''): ModelStatus => ({
  name,
  version: '1',
  state,
  reason,
});

async function find(engine: RunningEngine, unstaged = new Map()) {
  const staged = folder.path('state/repository');
  await mkdir(path.join(staged, 'm/1'), { recursive: true });
  await writeFile(path.join(staged, 'm/config.pbtxt'), 'backend: "onnxruntime"\n');
  const paths = new UserPaths(staged, { directory: '/p/models', models: new Map() }, '/p');
  return findStartFailures(engine, unstaged, { staged, paths });
}

describe('models that are not served after the start', () => {
  it('are those that are UNAVAILABLE and were not unloaded, each once', async () => {
    const failures = await find(
      engineWith('native', [
        model('good', 'READY'),
        model('gone', 'UNAVAILABLE', 'unloaded'),
        model('m', 'UNAVAILABLE', 'no weights'),
        { ...model('m', 'UNAVAILABLE', 'no weights'), version: '2' },
      ]),
    );
    expect([...failures.keys()]).toEqual(['m']);
  });

  it('are reported with the user’s paths and what is missing', async () => {
    const staged = folder.path('state/repository');
    const reason = `failed to stat file ${staged}/m/1/model.onnx`;
    const failures = await find(engineWith('native', [model('m', 'UNAVAILABLE', reason)]));
    expect(failures.get('m')).toMatchObject({
      message: 'failed to stat file /p/models/m/1/model.onnx',
      hint: 'put model.onnx into m/1',
      location: { file: path.normalize('/p/models/m/1/model.onnx') },
    });
  });

  it('keep what the engine knows of them, and what could not even be staged', async () => {
    const known = userError('MODEL_LOAD_FAILED', 'no colon', {
      hint: 'write one',
      location: { file: folder.path('state/repository/m/config.pbtxt'), line: 1, column: 9 },
    });
    const unstaged = new Map([['x', userError('MODEL_CHANGED_WHILE_STAGING', 'x changed')]]);
    const failures = await find(
      engineWith('embedded', [model('m', 'UNAVAILABLE', 'r')], { m: known }),
      unstaged,
    );
    expect(failures.get('m')).toMatchObject({
      message: 'no colon',
      hint: 'write one',
      location: { file: path.normalize('/p/models/m/config.pbtxt'), line: 1, column: 9 },
    });
    expect(failures.get('x')).toMatchObject({ message: 'x changed' });
  });

  it('of an external server are not blamed on files here', async () => {
    const failures = await find(engineWith('external', [model('m', 'UNAVAILABLE', 'on /models/m')]));
    expect(failures.get('m')).toMatchObject({
      message: 'on /models/m',
      location: undefined,
      hint: undefined,
    });
  });

  it('are reported as failed reloads', async () => {
    const bus = new EventBus();
    const events: EmulatorEvent[] = [];
    bus.subscribe((event) => events.push(event));
    emitStartFailures(new Map([['m', userError('MODEL_LOAD_FAILED', 'no')]]), bus);
    expect(events).toMatchObject([
      { type: 'reload.failed', actions: [{ kind: 'load-model', target: 'm' }], error: { message: 'no' } },
    ]);
  });
});
