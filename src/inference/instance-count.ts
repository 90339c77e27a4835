import type { ModelConfig } from '../repository/index.ts';

/** How many instances of each version a configuration asks for. */
export function instanceCount(config: ModelConfig): number {
  let count = 0;
  for (const group of config.instance_group) if (!group.passive) count += group.count;
  return Math.max(1, count);
}
