import type { ModelConfig } from '../repository/index.ts';

/** The instances that a configuration asks for, by the names that Triton gives them. */
export function instanceNames({ instance_group }: ModelConfig): readonly string[] {
  return instance_group
    .filter(({ passive }) => !passive)
    .flatMap(({ name, count }) => Array.from({ length: count }, (_none, index) => `${name}_${index}`));
}

/** How many instances of each version a configuration asks for. */
export function instanceCount(config: ModelConfig): number {
  return Math.max(1, instanceNames(config).length);
}
