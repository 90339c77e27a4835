import { mkdir } from 'node:fs/promises';
import { messageOf, TritonLocalError } from '../base/index.ts';
import {
  addressesOf,
  ENGINES,
  type EngineContext,
  type EngineCriteria,
  type EnginePlan,
  type LocalEngine,
  planEngines,
  translateEvents,
} from '../engines/index.ts';
import type { EngineKind } from '../events/index.ts';
import { stageModel } from '../repository/index.ts';
import { requireConsent } from './consent.ts';
import { findStartFailures, type StartFailures } from './start-failures.ts';

/** An engine that answers, and the models of the project that it does not serve. */
export interface StartedEngine {
  readonly engine: LocalEngine;
  readonly failures: StartFailures;
}

/**
 * Chooses the engine, stages every model of the project and starts the engine on them. In `auto`, an engine that fails
 * to start gives way to the next, and its reason stays visible.
 */
export async function startEngine(given: EngineContext, signal: AbortSignal): Promise<StartedEngine> {
  const { config, models, stagedRepository, paths } = given;
  const context = { ...given, events: translateEvents(given.events, paths.text) };
  const backends = models.some(({ files }) => files.some((file) => file.path.endsWith('.onnx')))
    ? ['onnxruntime']
    : [];
  const { engine, external, home, environment } = config;
  const criteria = { engine, external, home, environment, backends, platform: process.platform };
  const plans = [...(await planEngines(criteria))];

  await mkdir(stagedRepository, { recursive: true });
  const unstaged = new Map<string, TritonLocalError>();
  for (const model of servesProject(config) ? models : []) {
    try {
      await (await stageModel(model, stagedRepository)).commit();
    } catch (error) {
      unstaged.set(model.name, paths.error(error));
    }
  }

  const failures: string[] = [];
  // The list may grow in the loop: after a skipped download, the other engines of `auto` follow.
  for (const plan of plans) {
    try {
      const engine = await startPlanned(plan, failures, context, signal);
      const found = await findStartFailures(engine, unstaged, { staged: stagedRepository, paths });
      return { engine, failures: found };
    } catch (error) {
      if (signal.aborted || isUsersPort(error)) throw paths.error(error);
      if (isSkippedDownload(error, context)) plans.push(...(await planWithout(plan.kind, criteria)));
      if (plan === plans.at(-1)) throw paths.error(error);
      failures.push(`${plan.kind}: ${firstLine(paths.text(messageOf(error)))}`);
    }
  }
  throw new Error('there is always a plan');
}

async function startPlanned(
  plan: EnginePlan,
  failures: readonly string[],
  context: EngineContext,
  signal: AbortSignal,
): Promise<LocalEngine> {
  const { config, events } = context;
  const { kind } = plan;
  const reason = [plan.reason, ...failures].join('; ');
  events.emit({ type: 'engine.selected', kind, gpu: null, reason });
  requireConsent(config);
  const engine = await plan.make(context, signal);
  const began = performance.now();
  events.emit({ type: 'engine.starting', kind });
  const running = await engine.start(signal);
  // The GPU is known only once the engine runs.
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

/** A server that runs elsewhere has models of its own. */
function servesProject({ engine: { choice } }: EngineContext['config']): boolean {
  return choice === 'auto' || ENGINES[choice].modelsRun !== 'elsewhere';
}

function isSkippedDownload(error: unknown, { skipDownload }: EngineContext): boolean {
  return skipDownload.aborted && error instanceof TritonLocalError && error.code === 'DOCKER_IMAGE_MISSING';
}

/** The plans of `auto` without one engine. */
async function planWithout(left: EngineKind, criteria: EngineCriteria): Promise<readonly EnginePlan[]> {
  const plans = await planEngines({ ...criteria, engine: { ...criteria.engine, choice: 'auto' } });
  return plans.filter(({ kind }) => kind !== left);
}

/** A port that is taken stays taken for the next engine. */
function isUsersPort(error: unknown): boolean {
  return error instanceof TritonLocalError && error.code.startsWith('PORT_');
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
