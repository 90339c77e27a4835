import { invalidConfig } from './config-error.ts';
import type { ModelConfig, ModelInput, ModelOutput } from './model-config.ts';
import { normalizeModelConfig, resolveInstanceGroups } from './normalize.ts';
import { refuseNonTensors } from './onnx-check.ts';
import type { OnnxInterface, OnnxTensor } from './onnx-interface.ts';
import { validateModelConfig } from './validate.ts';

/** `default-max-batch-size` of Triton's ONNX Runtime backend. */
const DEFAULT_MAX_BATCH_SIZE = 4;

/**
 * Completes the configuration of an ONNX model (steps 5 to 7 of
 * docs/reference/triton.md#how-a-configuration-is-completed): adds what is missing from the model (4.6) and the
 * defaults of instance groups, and checks the core's rules. Completing it again changes nothing. Tensors are in the
 * model's order, on Triton in that of a hash map.
 * @throws MODEL_CONFIG_INVALID with Triton's text
 */
export function completeOnnxConfig(config: ModelConfig, onnx: OnnxInterface): ModelConfig {
  const hasInputs = config.input.length + config.batch_input.length > 0;
  const hasOutputs = config.output.length > 0;
  const isComplete = hasInputs && hasOutputs;
  if (!isComplete) refuseNonTensors([...onnx.inputs, ...onnx.outputs]);
  const batched = isComplete ? config : completeBatching(config, onnx);
  const completed = resolveInstanceGroups(
    normalizeModelConfig({
      ...batched,
      ...(hasInputs ? {} : { input: onnx.inputs.map((tensor) => toInput(tensor, batched.max_batch_size)) }),
      ...(hasOutputs
        ? {}
        : { output: onnx.outputs.map((tensor) => toOutput(tensor, batched.max_batch_size)) }),
    }),
  );
  validateModelConfig(completed);
  return completed;
}

/** A model batches when every tensor's first dimension is free. */
function completeBatching(config: ModelConfig, { inputs, outputs }: OnnxInterface): ModelConfig {
  const canBatch = [...inputs, ...outputs].every(({ shape }) => shape?.[0] === -1);
  if (!canBatch) {
    if (config.max_batch_size === 0) return config;
    throw invalidConfig(
      `autofill failed for model '${config.name}': model does not support batching while non-zero ` +
        'max_batch_size is specified',
      ['max_batch_size'],
      'INVALID_ARG',
      'export the model with a dynamic first dimension, or remove max_batch_size',
    );
  }
  const max_batch_size = config.max_batch_size || DEFAULT_MAX_BATCH_SIZE;
  const hasScheduler = config.dynamic_batching ?? config.sequence_batching ?? config.ensemble_scheduling;
  if (max_batch_size === 1 || hasScheduler) return { ...config, max_batch_size };
  return { ...config, max_batch_size, dynamic_batching: DYNAMIC_BATCHING };
}

const DYNAMIC_BATCHING = {
  preferred_batch_size: [],
  max_queue_delay_microseconds: 0,
  preserve_ordering: false,
  priority_levels: 0,
  default_priority_level: 0,
  priority_queue_policy: {},
};

function toInput(tensor: OnnxTensor, maxBatchSize: number): ModelInput {
  return {
    ...toTensor(tensor, maxBatchSize),
    format: 'FORMAT_NONE',
    is_shape_tensor: false,
    allow_ragged_batch: false,
    optional: false,
    is_non_linear_format_io: false,
  };
}

function toOutput(tensor: OnnxTensor, maxBatchSize: number): ModelOutput {
  return {
    ...toTensor(tensor, maxBatchSize),
    label_filename: '',
    is_shape_tensor: false,
    is_non_linear_format_io: false,
  };
}

function toTensor({ name, dataType, shape = [] }: OnnxTensor, maxBatchSize: number) {
  const dims = maxBatchSize > 0 ? shape.slice(1) : shape;
  return {
    name,
    // Triton's backend has no BF16 for the model's own inputs and outputs.
    data_type: dataType === 'TYPE_BF16' ? 'TYPE_INVALID' : dataType,
    dims: dims.length > 0 ? dims : [1],
    ...(dims.length === 0 && maxBatchSize > 0 ? { reshape: { shape: [] } } : {}),
  } as const;
}
