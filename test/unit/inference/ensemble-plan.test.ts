import { describe, expect, it } from 'vitest';
import { type PlannedStep, stepsLeftOut } from '../../../src/inference/ensemble/ensemble-plan.ts';

type Tensors = readonly string[];

/** Steps by name, each with the tensors that it reads and writes. */
function left(
  steps: Record<string, readonly [Tensors, Tensors]>,
  outputs: Tensors,
  requested: Tensors,
): string[] {
  const planned = Object.entries(steps).map(([name, [inputs, targets]]) => ({
    name,
    inputs: inputs.map((source) => ({ name: source, source, rank: 1 })),
    outputs: targets.map((target) => ({ name: target, target })),
  }));
  const found = stepsLeftOut(planned as unknown as readonly PlannedStep[], outputs, new Set(requested));
  return planned.filter((step) => found.has(step as unknown as PlannedStep)).map(({ name }) => name);
}

// The answers of a real Triton to such requests: see e_parallel, e_output_read_on and e_two_branches of the fidelity suite.
describe('the steps that a request does without', () => {
  const diamond = {
    add: [['I'], ['t']],
    double: [['I'], ['u']],
    sum: [['t', 'u'], ['R']],
    tell: [['u'], ['N']],
  } as const;

  it('are none where it names every output', () => {
    expect(left(diamond, ['R', 'N', 't', 'u'], ['u', 't', 'N', 'R'])).toEqual([]);
  });

  it('are those that only other outputs need', () => {
    expect(left(diamond, ['R', 'N'], ['N'])).toEqual(['add', 'sum']);
  });

  it('include the maker of a requested output whose readers are left out, as in Triton', () => {
    expect(left(diamond, ['R', 'N', 't', 'u'], ['u'])).toEqual(['add', 'double', 'sum', 'tell']);
  });

  it('exclude a step that makes a requested output beside others', () => {
    const steps = { split: [['I'], ['R', 't']], double: [['t'], ['S']] } as const;
    expect(left(steps, ['R', 'S', 't'], ['R', 'S'])).toEqual([]);
  });

  it('include the first step where an input has no reader left, as in Triton', () => {
    const steps = { add: [['I'], ['R']], double: [['J'], ['S']] } as const;
    expect(left(steps, ['R', 'S'], ['R'])).toEqual(['add', 'double']);
  });
});
