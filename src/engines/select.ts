import { systemError } from '../base/index.ts';
import type { EngineCriteria, EnginePlan, Installation, InstallationCriteria } from './descriptor.ts';
import { ENGINES } from './table.ts';

/**
 * Plans the ways to serve, best first. An engine chosen by name is the only one; `auto` goes down the table and takes
 * what each engine offers. It never downloads anything.
 * @throws ENGINE_UNAVAILABLE (exit 5) if the requested engine is unavailable, with the command that fixes it
 */
export async function planEngines(criteria: EngineCriteria): Promise<readonly [EnginePlan, ...EnginePlan[]]> {
  const { choice, gpus } = criteria.engine;
  const needsGpu = gpus !== undefined && gpus !== 'none';
  if (choice === 'auto') return planAutomatically(criteria, needsGpu);
  const chosen = ENGINES[choice];
  if (needsGpu && chosen.gpus === 'refused') throw gpuUnavailable(`the ${choice} engine uses no GPU`);
  return [chosen.planChosen(criteria)];
}

/** The reason of each plan ends with why the engines above it cannot serve. */
async function planAutomatically(
  criteria: EngineCriteria,
  needsGpu: boolean,
): Promise<readonly [EnginePlan, ...EnginePlan[]]> {
  const plans: EnginePlan[] = [];
  const problems: { readonly engine: string; readonly text: string }[] = [];
  for (const { kind, gpus, offer } of Object.values(ENGINES)) {
    if (!offer || (needsGpu && gpus !== 'selects')) continue;
    const offered = await offer(criteria);
    const passedOver = problems.map(({ engine, text }) => `${engine}: ${text}`);
    for (const plan of offered.plans)
      plans.push({ ...plan, reason: [plan.reason, ...passedOver].join('; ') });
    if (offered.problem !== undefined) problems.push({ engine: kind, text: offered.problem });
  }
  const [first, ...others] = plans;
  // Without --gpus the embedded engine is always there.
  if (!first) throw gpuUnavailable(problems.map(({ text }) => text).join('; '));
  return [first, ...others];
}

/** What the chosen engine needs that is not installed; undefined if nothing is missing. */
export function missingInstallation(criteria: InstallationCriteria): Installation | undefined {
  const { choice } = criteria.engine;
  return choice === 'auto' ? undefined : ENGINES[choice].missingInstallation?.(criteria);
}

function gpuUnavailable(why: string): Error {
  return systemError('ENGINE_UNAVAILABLE', `a GPU was requested, but ${why}`, {
    hint: 'triton-local doctor shows what is missing; --gpus none serves without a GPU',
  });
}
