import { mkdir } from 'node:fs/promises';
import { messageOf, TritonLocalError } from '../base/index.ts';
import { type EnginePlan, planEngines, type RunningEngine } from '../engines/index.ts';
import { stageModel } from '../repository/index.ts';
import { type EngineStartOptions, makeEngine } from './engine-choice.ts';

/**
 * Chooses the engine, stages every model of the project and starts the engine on them. In `auto`, one that does not
 * start gives way to the next, and the reason stays visible.
 */
export async function startEngine(options: EngineStartOptions, signal: AbortSignal): Promise<RunningEngine> {
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
  const plans = await planEngines({
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
  });

  await mkdir(stagedRepository, { recursive: true });
  for (const model of models) await (await stageModel(model, stagedRepository)).commit();

  const failures: string[] = [];
  const [last] = plans.slice(-1);
  for (const plan of plans) {
    try {
      return await startPlanned(plan, failures, options, signal);
    } catch (error) {
      if (plan === last || signal.aborted || isUsersPort(error)) throw error;
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
): Promise<RunningEngine> {
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

/** A port that is taken stays taken for the next engine. */
function isUsersPort(error: unknown): boolean {
  return error instanceof TritonLocalError && error.code.startsWith('PORT_');
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
