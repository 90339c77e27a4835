import { mkdir } from 'node:fs/promises';
import { messageOf, TritonLocalError } from '../base/index.ts';
import { type EnginePlan, type EngineWishes, type LocalEngine, planEngines } from '../engines/index.ts';
import { stageModel } from '../repository/index.ts';
import { type EngineStartOptions, makeEngine } from './engine-choice.ts';

/**
 * Chooses the engine, stages every model of the project and starts the engine on them. In `auto`, one that does not
 * start gives way to the next, and the reason stays visible.
 */
export async function startEngine(options: EngineStartOptions, signal: AbortSignal): Promise<LocalEngine> {
  const { config, initial, stagedRepository } = options;
  const {
    engine: choice,
    gpus,
    image,
    slimBase,
    dockerHost,
    tritonserver,
    tritonUrl,
    home,
    environment,
  } = config;
  const models = [...(initial.repository?.models.values() ?? [])];
  const backends = models.some(({ files }) => files.some((file) => file.path.endsWith('.onnx')))
    ? ['onnxruntime']
    : [];
  const wishes = {
    choice,
    gpus,
    image,
    slimBase,
    dockerHost,
    tritonserver,
    tritonUrl,
    backends,
    home,
    environment,
  };
  const plans = [...(await planEngines(wishes))];

  await mkdir(stagedRepository, { recursive: true });
  // A Triton of somebody else's has models of its own.
  const staged = choice === 'external' ? [] : models;
  for (const model of staged) await (await stageModel(model, stagedRepository)).commit();

  const failures: string[] = [];
  // Grows while it is gone through: whoever leaves a download takes what `auto` has besides docker.
  for (const plan of plans) {
    try {
      return await startPlanned(plan, failures, options, signal);
    } catch (error) {
      if (signal.aborted || isUsersPort(error)) throw error;
      if (isLeftDownload(error, options)) plans.push(...(await plansBesideDocker(wishes)));
      if (plan === plans.at(-1)) throw error;
      failures.push(`${plan.kind}: ${firstLine(messageOf(error))}`);
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
    httpUrl: running.endpoints.http,
    startMs: performance.now() - began,
  });
  return running;
}

function isLeftDownload(error: unknown, { skipDownload }: EngineStartOptions): boolean {
  return skipDownload.aborted && error instanceof TritonLocalError && error.code === 'DOCKER_IMAGE_MISSING';
}

async function plansBesideDocker(wishes: EngineWishes): Promise<readonly EnginePlan[]> {
  return (await planEngines({ ...wishes, choice: 'auto' })).filter(({ kind }) => kind !== 'docker');
}

/** A port that is taken stays taken for the next engine. */
function isUsersPort(error: unknown): boolean {
  return error instanceof TritonLocalError && error.code.startsWith('PORT_');
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
