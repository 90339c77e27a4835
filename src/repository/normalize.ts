import type { ModelConfig, ModelInstanceGroup } from './model-config.ts';

const SEQUENCE_IDLE_MICROSECONDS = 1_000_000;

/**
 * Adds the defaults that do not depend on the backend (docs/reference/triton.md#how-a-configuration-is-completed,
 * mcu NormalizeModelConfig).
 */
export function normalizeModelConfig(config: ModelConfig): ModelConfig {
  const { version_policy, dynamic_batching, sequence_batching, max_batch_size } = config;
  const sizes = (given: readonly number[]) =>
    given.length === 0 && max_batch_size > 0 ? [max_batch_size] : given;
  return {
    ...config,
    version_policy: version_policy ?? { latest: { num_versions: 1 } },
    ...(dynamic_batching && {
      dynamic_batching: {
        ...dynamic_batching,
        preferred_batch_size: sizes(dynamic_batching.preferred_batch_size),
      },
    }),
    ...(sequence_batching && {
      sequence_batching: {
        ...sequence_batching,
        max_sequence_idle_microseconds:
          sequence_batching.max_sequence_idle_microseconds || SEQUENCE_IDLE_MICROSECONDS,
        ...(sequence_batching.oldest && {
          oldest: {
            ...sequence_batching.oldest,
            preferred_batch_size: sizes(sequence_batching.oldest.preferred_batch_size),
          },
        }),
      },
    }),
    ...(config.ensemble_scheduling
      ? {}
      : {
          optimization: {
            priority: 'PRIORITY_DEFAULT',
            gather_kernel_buffer_threshold: 0,
            eager_batching: false,
            ...config.optimization,
            input_pinned_memory: config.optimization?.input_pinned_memory ?? { enable: true },
            output_pinned_memory: config.optimization?.output_pinned_memory ?? { enable: true },
          },
        }),
  };
}

/**
 * Completes names, kinds and counts of instance groups as on a machine without a GPU (mcu NormalizeInstanceGroup): the
 * embedded server uses none, and the other engines leave this to Triton.
 */
export function resolveInstanceGroups(config: ModelConfig): ModelConfig {
  if (config.ensemble_scheduling) return config;
  const given: readonly ModelInstanceGroup[] =
    config.instance_group.length > 0 ? config.instance_group : [{ ...EMPTY_GROUP, name: config.name }];
  const instance_group = given.map((group, index): ModelInstanceGroup => {
    const kind = group.kind === 'KIND_AUTO' ? 'KIND_CPU' : group.kind;
    return {
      ...group,
      name: group.name || `${config.name}_${index}`,
      kind,
      count: group.count < 1 ? defaultCount(kind, config.backend) : group.count,
    };
  });
  return { ...config, instance_group };
}

/** The same configuration with GPU instances as `KIND_AUTO`, which uses the CPU if there is no GPU. */
export function gpuGroupsAsAuto(config: ModelConfig): ModelConfig {
  if (!hasGpuGroups(config)) return config;
  const instance_group = config.instance_group.map(
    (group): ModelInstanceGroup =>
      group.kind === 'KIND_GPU' ? { ...group, kind: 'KIND_AUTO', gpus: [] } : group,
  );
  return { ...config, instance_group };
}

export function hasGpuGroups({ instance_group }: ModelConfig): boolean {
  return instance_group.some(({ kind }) => kind === 'KIND_GPU');
}

const EMPTY_GROUP: ModelInstanceGroup = {
  name: '',
  kind: 'KIND_AUTO',
  count: 0,
  gpus: [],
  secondary_devices: [],
  profile: [],
  passive: false,
  host_policy: '',
};

function defaultCount(kind: ModelInstanceGroup['kind'], backend: string): number {
  return kind === 'KIND_CPU' && (backend === 'onnxruntime' || backend === 'tensorflow') ? 2 : 1;
}
