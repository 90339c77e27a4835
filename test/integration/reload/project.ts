import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type EmulatorEvent, EventBus, type EventOf, type EventType } from '../../../src/events/index.ts';
import {
  type ProjectSnapshot,
  type ReloadConfig,
  type ReloadTarget,
  snapshotProject,
  startReloader,
} from '../../../src/reload/index.ts';

const PBTXT = 'name: "digits"\nplatform: "onnxruntime_onnx"\n';

/** A project on the real disk with a reloader that follows it, and a target that only notes what it is given. */
export async function openProject(
  change: (config: ReloadConfig) => ReloadConfig = (config) => config,
  prepare: (at: (...parts: string[]) => string) => Promise<void> = async () => undefined,
) {
  const root = await realpath(await mkdtemp(path.join(os.tmpdir(), 'reload-')));
  const at = (...parts: string[]) => path.join(root, ...parts);
  await mkdir(at('models/triton/digits/1'), { recursive: true });
  await writeFile(at('models/triton/digits/config.pbtxt'), PBTXT);
  await writeFile(at('models/triton/digits/1/model.onnx'), 'weights 1');
  await writeFile(at('score.py'), 'VERSION = 1\n');
  await writeFile(at('helper.py'), 'HELP = 1\n');
  await prepare(at);
  const config = change({
    projectDir: root,
    projectFile: at('triton-local.yaml'),
    models: { kind: 'repository', directory: at('models/triton') },
    script: { entryScript: at('score.py'), sourceDirectory: root },
    python: { interpreter: undefined, requirementsFile: undefined, condaFile: undefined, debug: false },
    reload: { watch: true },
    home: at('.home'),
  });
  const calls: { at: number; actions: string[]; snapshot: ProjectSnapshot }[] = [];
  const target: ReloadTarget = {
    generation: 1,
    async apply(actions, snapshot, _signal, progress) {
      const kinds = actions.map((action) => `${action.kind}: ${action.reason}`);
      calls.push({ at: performance.now(), actions: kinds, snapshot });
      await progress.settled();
      return undefined;
    },
  };
  const bus = new EventBus();
  const events: EmulatorEvent[] = [];
  bus.subscribe((event) => {
    if (event.type !== 'reload.watching') events.push(event);
  });
  const initial = await snapshotProject(config);
  const reloader = await startReloader({ config, target, events: bus, initial });
  return {
    root,
    at,
    config,
    calls,
    events,
    reloader,
    next: <Type extends EventType>(type: Type): Promise<EventOf<Type>> => bus.next(type),
    /** What was applied, without what a newer content overtook. */
    completed: () => events.filter((event) => event.type === 'reload.completed'),
    reloads: () => events.map(({ type }) => type).filter((type) => type.startsWith('reload.')),
    async [Symbol.asyncDispose]() {
      await reloader[Symbol.asyncDispose]();
      await rm(root, { recursive: true, force: true });
    },
  };
}

export const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
