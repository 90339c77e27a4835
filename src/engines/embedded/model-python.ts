import type { FindModelPython, ModelPython } from '../../inference/index.ts';
import { ensureEnvironment, openPackedEnvironment } from '../../python/index.ts';
import type { EngineContext } from '../descriptor.ts';
import { once } from './once.ts';

/** The Python of a model: its packed environment if it has one, otherwise the Python of the project's script. */
export function findModelPython(
  { config, sharedMemoryPrefix, events, uses }: EngineContext,
  signal: AbortSignal,
): FindModelPython {
  const { python, home, environment } = config;
  const projectPython = once(async (): Promise<ModelPython> => {
    const { interpreter } = await ensureEnvironment(python, home, environment, events, signal);
    await uses(interpreter);
    return { interpreter, environment, sharedMemoryPrefix };
  });
  return async (packed) => {
    if (packed === undefined) return projectPython();
    const opened = await openPackedEnvironment(packed, home, environment, events, signal);
    await uses(opened.interpreter);
    return { ...opened, sharedMemoryPrefix };
  };
}
