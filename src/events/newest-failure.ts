import type { ModelStatus, ReloadFailure } from './state.ts';

/** The current failure of a model's newest content. */
export function findFailure(failures: readonly ReloadFailure[], model: string): ReloadFailure | undefined {
  return failures.find(({ targets }) => targets.includes(`model ${model}`));
}

/**
 * A model's status with the failure of its newest content, which stays visible while an older version serves: it
 * becomes the `reason` if the engine gives none.
 */
export function withNewestFailure(model: ModelStatus, failures: readonly ReloadFailure[]) {
  const failure = findFailure(failures, model.name)?.error ?? null;
  return { ...model, reason: model.reason || (failure?.message ?? ''), failure };
}
