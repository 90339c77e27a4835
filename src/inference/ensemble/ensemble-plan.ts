import type { RequestedOutput } from '../../kserve/index.ts';
import { isDecoupled } from '../data-plane.ts';
import type { LoadedVersion } from '../loaded-version.ts';
import type { BoundStep } from './ensemble-check.ts';

/** A step of an ensemble in the form in which requests run it; made once, when the ensemble is loaded. */
export interface PlannedStep {
  readonly member: LoadedVersion;
  /** Whether each response opens a path of its own. */
  readonly isDecoupled: boolean;
  /** The inputs of the member, each with the ensemble tensor that it reads. */
  readonly inputs: readonly PlannedInput[];
  /** The outputs of the member, each with the ensemble tensor that it writes. */
  readonly outputs: readonly { readonly name: string; readonly target: string }[];
  /** The same outputs as the member's requests name them. */
  readonly requested: readonly RequestedOutput[];
}

export interface PlannedInput {
  readonly name: string;
  readonly source: string;
  /** The rank that the member expects, without the batch dimension. */
  readonly rank: number;
}

export function planSteps(steps: readonly BoundStep[]): readonly PlannedStep[] {
  return steps.map(({ step, member }) => {
    const outputs = Object.entries(step.output_map).map(([name, target]) => ({ name, target }));
    return {
      member,
      isDecoupled: isDecoupled(member),
      inputs: Object.entries(step.input_map).map(([name, source]) => ({
        name,
        source,
        rank: member.signature.inputs.get(name)?.dims.length ?? 0,
      })),
      outputs,
      requested: outputs.map(({ name }) => ({ name, binary: true, classification: 0 })),
    };
  });
}

/**
 * The steps that do not run for a request that names only some of the ensemble's outputs, as Triton's ensemble scheduler
 * finds them: backwards from the other outputs, every step none of whose outputs is requested, then the steps that only
 * these need. Like Triton's, this looks at the ensemble's outputs alone: a step is left out even if another one reads its
 * output, and when an input of the ensemble has no reader left, that counts as an output of the first step. The request
 * then fails, because one of its outputs is never made.
 */
export function stepsLeftOut(
  steps: readonly PlannedStep[],
  outputs: Iterable<string>,
  requested: ReadonlySet<string>,
): ReadonlySet<PlannedStep> {
  const leftOut = new Set<PlannedStep>();
  let ignored = [...outputs].filter((name) => !requested.has(name));
  if (ignored.length === 0) return leftOut;
  const readers = readersOf(steps);
  const openOutputs = new Map(steps.map((step) => [step, step.outputs.length]));
  while (ignored.length > 0) {
    const next = new Set<string>();
    for (const tensor of ignored.sort()) {
      const maker = steps.find((step) => step.outputs.some(({ target }) => target === tensor)) ?? steps[0];
      if (!maker) continue;
      const open = (openOutputs.get(maker) ?? 0) - 1;
      openOutputs.set(maker, open);
      if (open !== 0) continue;
      leftOut.add(maker);
      for (const { source } of maker.inputs) {
        const left = readers.get(source);
        left?.delete(maker);
        if (left?.size === 0) next.add(source);
      }
    }
    ignored = [...next];
  }
  return leftOut;
}

/** The steps that read each tensor. */
function readersOf(steps: readonly PlannedStep[]): ReadonlyMap<string, Set<PlannedStep>> {
  const readers = new Map<string, Set<PlannedStep>>();
  for (const step of steps)
    for (const { source } of step.inputs) readers.set(source, (readers.get(source) ?? new Set()).add(step));
  return readers;
}
