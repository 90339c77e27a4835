import { PLATFORMS } from './backend-fields.ts';
import { invalidConfig } from './config-error.ts';
import type { ModelConfig, ModelDynamicBatching } from './model-config.ts';
import { validateEnsemble } from './validate-ensemble.ts';
import { validateInstanceGroups } from './validate-instance-groups.ts';
import { validateSequenceBatching } from './validate-sequence.ts';
import { validateTensors } from './validate-tensors.ts';

/**
 * Checks all of Triton's rules for a configuration that its backend has completed (steps 6 and 7 of
 * docs/reference/triton.md#how-a-configuration-is-completed).
 * @throws MODEL_CONFIG_INVALID with Triton's text for the first violation in Triton's order
 */
export function validateModelConfig(config: ModelConfig): void {
  validateInstanceGroups(config);
  validateCoreRules(config);
  validateTensors(config);
}

/**
 * Checks the rules that apply before the backend reads the model: all but those for tensors and instance groups (step
 * 4).
 * @throws MODEL_CONFIG_INVALID with Triton's text
 */
export function validateCoreRules(config: ModelConfig): void {
  const { name, platform, backend } = config;
  validatePlatform(config);
  if (config.max_batch_size < 0)
    throw invalidConfig(`'max_batch_size' must be non-negative value for ${name}`, ['max_batch_size']);
  if (config.dynamic_batching) validateDynamicBatching(config, config.dynamic_batching);
  if (config.sequence_batching) validateSequenceBatching(config, config.sequence_batching);
  if (config.ensemble_scheduling) validateEnsemble(config, config.ensemble_scheduling);
  else if (platform === 'ensemble' && backend === '') {
    throw invalidConfig(`ensemble scheduling must be set for ensemble ${name} whose platform is ensemble`, [
      'platform',
    ]);
  }
  if (config.model_transaction_policy?.decoupled && config.response_cache?.enable) {
    throw invalidConfig(
      `Response Cache does not currently support model ${name} with 'decoupled' transaction policy. ` +
        'Please disable the response cache.',
      ['response_cache'],
    );
  }
}

function validatePlatform({ name, platform, backend }: ModelConfig): void {
  if (backend === '' && platform !== 'ensemble')
    throw invalidConfig(`unexpected platform type '${platform}' for ${name}`, ['platform']);
  if (backend !== '' && platform === 'ensemble') {
    throw invalidConfig(
      `Ensemble model '${name}' must have platform type '${platform}' and empty backend type`,
      ['backend'],
    );
  }
  const platforms = PLATFORMS.get(backend);
  if (platforms && !platforms.includes(platform)) {
    throw invalidConfig(`unexpected 'platform' and 'backend' pair, got:${platform}, ${backend}`, [
      'platform',
    ]);
  }
}

function validateDynamicBatching(
  { name, max_batch_size }: ModelConfig,
  batching: ModelDynamicBatching,
): void {
  for (const [index, size] of batching.preferred_batch_size.entries()) {
    const field = ['dynamic_batching', 'preferred_batch_size', index];
    if (size <= 0) throw invalidConfig(`dynamic batching preferred size must be positive for ${name}`, field);
    if (size > max_batch_size) {
      throw invalidConfig(
        `dynamic batching preferred size must be <= max batch size for ${name}`,
        field,
        'INVALID_ARG',
        max_batch_size === 0
          ? `give max_batch_size in config.pbtxt: it is checked before the model's own batching is known`
          : undefined,
      );
    }
  }
  validatePriorities(name, batching);
  if (batching.preserve_ordering) validateOrdering(name, batching);
}

function validatePriorities(name: string, batching: ModelDynamicBatching): void {
  const { priority_levels: levels, default_priority_level: level } = batching;
  if (levels === 0) return;
  if (level === 0 || level > levels) {
    throw invalidConfig(`default priority level must be in range [1, ${levels}] for ${name}`, [
      'dynamic_batching',
      level === 0 ? 'priority_levels' : 'default_priority_level',
    ]);
  }
  for (const key of Object.keys(batching.priority_queue_policy)) {
    if (Number(key) === 0 || Number(key) > levels) {
      throw invalidConfig(
        `priority queue policy must have priority level in range [1, ${levels}] for ${name}`,
        ['dynamic_batching', 'priority_queue_policy', key],
      );
    }
  }
}

function validateOrdering(name: string, batching: ModelDynamicBatching): void {
  if (batching.priority_levels > 1) {
    throw invalidConfig(`Only one priority level is allowed when 'preserve_ordering' is true for ${name}`, [
      'dynamic_batching',
      'priority_levels',
    ]);
  }
  const { default_queue_policy, priority_queue_policy } = batching;
  for (const policy of [default_queue_policy, ...Object.values(priority_queue_policy)]) {
    if (policy && policy.default_timeout_microseconds !== 0 && policy.timeout_action === 'DELAY') {
      throw invalidConfig(
        `Queue policy can not have DELAY as timeout action when 'preserve_ordering' is true for ${name}`,
        [
          'dynamic_batching',
          policy === default_queue_policy ? 'default_queue_policy' : 'priority_queue_policy',
        ],
      );
    }
  }
}
