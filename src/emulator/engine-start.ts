import { mkdir } from 'node:fs/promises';
import { messageOf, TritonLocalError } from '../base/index.ts';
import {
  addressesOf,
  type EnginePlan,
  type EngineWishes,
  type LocalEngine,
  planEngines,
  translateEvents,
} from '../engines/index.ts';
import { stageModel } from '../repository/index.ts';
import { type EngineStartOptions, makeEngine } from './engine-choice.ts';
import { findStartFailures, type StartFailures } from './start-failures.ts';

/** An engine that answers, and the models of the project that it does not serve. */
export interface StartedEngine {
  readonly engine: LocalEngine;
  readonly failures: StartFailures;
}

/**
 * Chooses the engine, stages every model of the project and starts the engine on them. In `auto`, one that does not
 * start gives way to the next, and the reason stays visible.
 */
export async function startEngine(given: EngineStartOptions, signal: AbortSignal): Promise<StartedEngine> {
  const { config, initial, stagedRepository, paths } = given;
  const options = { ...given, events: translateEvents(given.events, paths.text) };
  const models = [...(initial.repository?.models.values() ?? [])];
  const backends = models.some(({ files }) => files.some((file) => file.path.endsWith('.onnx')))
    ? ['onnxruntime']
    : [];
  const { engine, external, home, environment } = config;
  const wishes = { engine, external, home, environment, backends };
  const plans = [...(await planEngines(wishes))];

  await mkdir(stagedRepository, { recursive: true });
  const unstaged = new Map<string, TritonLocalError>();
  // A Triton of somebody else's has models of its own.
  for (const model of config.engine.choice === 'external' ? [] : models) {
    try {
      await (await stageModel(model, stagedRepository)).commit();
    } catch (error) {
      unstaged.set(model.name, paths.error(error));
    }
  }

  const failures: string[] = [];
  // Grows while it is gone through: whoever leaves a download takes what `auto` has besides docker.
  for (const plan of plans) {
    try {
      const engine = await startPlanned(plan, failures, options, signal);
      const context = { staged: stagedRepository, paths };
      return { engine, failures: await findStartFailures(engine, unstaged, context) };
    } catch (error) {
      if (signal.aborted || isUsersPort(error)) throw paths.error(error);
      if (isLeftDownload(error, options)) plans.push(...(await plansBesideDocker(wishes)));
      if (plan === plans.at(-1)) throw paths.error(error);
      failures.push(`${plan.kind}: ${firstLine(paths.text(messageOf(error)))}`);
    }
  }
  throw new Error('there is always a plan');
}

async function startPlanned(
  plan: EnginePlan,
  failures: readonly string[],
  options: EngineStartOptions,
  signal: AbortSignal,
): Promise<LocalEngine> {
  const { events } = options;
  const { kind } = plan;
  const reason = [plan.reason, ...failures].join('; ');
  events.emit({ type: 'engine.selected', kind, gpu: null, reason });
  const engine = await makeEngine(plan, options, signal);
  const began = performance.now();
  events.emit({ type: 'engine.starting', kind });
  const running = await engine.start(signal);
  // Which GPU it is shows only now.
  if (running.gpu !== null) events.emit({ type: 'engine.selected', kind, gpu: running.gpu, reason });
  events.emit({
    type: 'engine.ready',
    kind,
    version: running.version,
    ...addressesOf(running.endpoints),
    startMs: performance.now() - began,
  });
  return running;
}

function isLeftDownload(error: unknown, { skipDownload }: EngineStartOptions): boolean {
  return skipDownload.aborted && error instanceof TritonLocalError && error.code === 'DOCKER_IMAGE_MISSING';
}

async function plansBesideDocker(wishes: EngineWishes): Promise<readonly EnginePlan[]> {
  return (await planEngines({ ...wishes, engine: { ...wishes.engine, choice: 'auto' } })).filter(
    ({ kind }) => kind !== 'docker',
  );
}

/** A port that is taken stays taken for the next engine. */
function isUsersPort(error: unknown): boolean {
  return error instanceof TritonLocalError && error.code.startsWith('PORT_');
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
