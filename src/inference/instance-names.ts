import type { ModelConfig } from '../repository/index.ts';

/** The names, as in Triton, of the instances that a configuration defines. */
export function instanceNames({ instance_group }: ModelConfig): readonly string[] {
  return instance_group
    .filter(({ passive }) => !passive)
    .flatMap(({ name, count }) => Array.from({ length: count }, (_none, index) => `${name}_${index}`));
}

/** The number of instances per version that a configuration defines. */
export function instanceCount(config: ModelConfig): number {
  return Math.max(1, instanceNames(config).length);
}
