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
