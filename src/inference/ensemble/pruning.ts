import type { EnsembleStep } from '../../repository/index.ts';

/**
 * The steps that run for a request that asks for some of the outputs only. Triton walks backward from the others: a
 * step that has none of its outputs left is dropped, and so is what only it reads, even if that is asked for. An input
 * of the ensemble that only dropped steps read is taken for an output of the first step.
 * @param outputs all outputs of the ensemble
 */
export function stepsFor(
  steps: readonly EnsembleStep[],
  outputs: Iterable<string>,
  wanted: ReadonlySet<string>,
): ReadonlySet<EnsembleStep> {
  const kept = new Set(steps);
  const outputsLeft = new Map(steps.map((step) => [step, Object.keys(step.output_map).length]));
  const ignored = [...outputs].filter((name) => !wanted.has(name));
  for (let tensor = ignored.shift(); tensor !== undefined; tensor = ignored.shift()) {
    const name = tensor;
    const source = steps.find(({ output_map }) => Object.values(output_map).includes(name)) ?? steps[0];
    if (!source) continue;
    const left = (outputsLeft.get(source) ?? 0) - 1;
    outputsLeft.set(source, left);
    if (left !== 0) continue;
    kept.delete(source);
    for (const input of new Set(Object.values(source.input_map)))
      if (![...kept].some(({ input_map }) => Object.values(input_map).includes(input))) ignored.push(input);
  }
  return kept;
}
