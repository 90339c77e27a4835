import type { ModelConfig } from './model-config.ts';
import { normalizeModelConfig, resolveInstanceGroups } from './normalize.ts';
import { validateModelConfig } from './validate.ts';

/**
 * The configuration that a Python model is served with: defaults and instance groups are in, and all of the core's
 * rules hold. What `auto_complete_config` adds has to be in already.
 * @throws MODEL_CONFIG_INVALID with Triton's text
 */
export function completePythonConfig(config: ModelConfig): ModelConfig {
  const completed = resolveInstanceGroups(normalizeModelConfig(config));
  validateModelConfig(completed);
  return completed;
}
