import { invalidConfig } from './config-error.ts';
import type { ModelConfig } from './model-config.ts';

/**
 * Checks the rules for instance groups on a machine whose GPUs we do not use (mcu ValidateInstanceGroup).
 * @throws MODEL_CONFIG_INVALID with Triton's text
 */
export function validateInstanceGroups({
  name,
  platform,
  instance_group,
  ensemble_scheduling,
}: ModelConfig): void {
  if (ensemble_scheduling) return;
  for (const [index, group] of instance_group.entries()) {
    const field = ['instance_group', index];
    const subject = `instance group ${group.name} of model ${name}`;
    if (group.kind === 'KIND_GPU') {
      throw invalidConfig(
        group.gpus.length === 0
          ? `${subject} has kind KIND_GPU but no GPUs are available`
          : `${subject} specifies invalid or unsupported gpu id ${group.gpus[0]}. GPUs with at least the minimum ` +
              'required CUDA compute compatibility of 6.000000 are: ',
        [...field, 'kind'],
        'INVALID_ARG',
        'run with --gpu-models-on-cpu, or write KIND_AUTO, which uses a GPU if there is one and otherwise the CPU',
      );
    }
    if (group.gpus.length > 0)
      throw invalidConfig(`${subject} has kind ${group.kind} but specifies one or more GPUs`, [
        ...field,
        'gpus',
      ]);
    if (group.profile.length > 0 && platform !== 'tensorrt_plan') {
      throw invalidConfig(
        `${subject} and platform ${platform}specifies profile field which is only supported for TensorRT models`,
        [...field, 'profile'],
      );
    }
  }
}
