import type { ModelConfig } from './model-config.ts';
import { normalizeModelConfig, resolveInstanceGroups } from './normalize.ts';
import { validateModelConfig } from './validate.ts';

/**
 * Completes the configuration of a Python model: adds defaults and instance groups, and checks the core's rules.
 * `auto_complete_config` must have run before.
 * @throws MODEL_CONFIG_INVALID with Triton's text
 */
export function completePythonConfig(config: ModelConfig): ModelConfig {
  const completed = resolveInstanceGroups(normalizeModelConfig(config));
  validateModelConfig(completed);
  return completed;
}
