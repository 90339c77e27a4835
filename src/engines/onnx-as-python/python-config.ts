import {
  checkOnnxInterface,
  completeOnnxConfig,
  type ModelConfig,
  type OnnxInterface,
} from '../../repository/index.ts';

/**
 * Completes a configuration as the ONNX Runtime backend would. It is idempotent, so every version may complete it.
 * @param hasGpu if true, instance groups are left to the server, which knows the machine's GPUs
 * @throws MODEL_CONFIG_INVALID with Triton's text
 */
export function completeConfig(config: ModelConfig, onnx: OnnxInterface, hasGpu: boolean): ModelConfig {
  const completed = completeOnnxConfig(config, onnx);
  checkOnnxInterface(completed, onnx);
  return hasGpu ? { ...completed, instance_group: config.instance_group } : completed;
}

/** The configuration of the same model for the Python backend. The platform stays: clients read it in the metadata. */
export function asPython(config: ModelConfig): ModelConfig {
  return { ...config, backend: 'python', default_model_filename: 'model.py', cc_model_filenames: {} };
}

/** Why the Python backend cannot replace the ONNX Runtime backend for this model; undefined if it can. */
export function whyNotPython({ batch_input, batch_output, sequence_batching }: ModelConfig) {
  if (batch_input.length + batch_output.length > 0) return beyond('ragged batching');
  if ((sequence_batching?.state.length ?? 0) > 0) return beyond('implicit state of sequences');
  return undefined;
}

function beyond(what: string): string {
  return `this tritonserver has no onnxruntime backend, and its Python backend, which stands in, has no ${what}: --engine embedded or docker serves the model`;
}
