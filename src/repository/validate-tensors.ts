import { type FieldPath, invalidConfig } from './config-error.ts';
import type { ModelConfig, ModelInput, ModelOutput } from './model-config.ts';

/**
 * Checks the rules for inputs, outputs, batch inputs and batch outputs (mcu ValidateModelIOConfig).
 * @throws MODEL_CONFIG_INVALID with Triton's text
 */
export function validateTensors(config: ModelConfig): void {
  for (const [index, input] of config.input.entries()) {
    const breach =
      breachOfShape(input, config, 'model input') ??
      breachOfFormat(input) ??
      breachOfPlatform(input, config, 'input');
    if (breach) throw tensorError(breach, config, ['input', index]);
  }
  for (const [index, output] of config.output.entries()) {
    const breach =
      breachOfShape(output, config, 'model output') ?? breachOfPlatform(output, config, 'output');
    if (breach) throw tensorError(breach, config, ['output', index]);
  }
  validateBatchTensors(config);
}

interface Breach {
  readonly text: string;
  readonly field?: string;
}

function tensorError({ text, field }: Breach, { name }: ModelConfig, path: FieldPath) {
  return invalidConfig(`${text} for ${name}`, field === undefined ? path : [...path, field]);
}

function breachOfShape(
  tensor: ModelInput | ModelOutput,
  { max_batch_size }: ModelConfig,
  role: string,
): Breach | undefined {
  if (tensor.name === '') return { text: `${role} must specify 'name'` };
  const subject = `${role} '${tensor.name}'`;
  if (tensor.data_type === 'TYPE_INVALID')
    return { text: `${subject} must specify 'data_type'`, field: 'data_type' };
  if (tensor.dims.length === 0) return { text: `${subject} must specify 'dims'`, field: 'dims' };
  if (tensor.reshape?.shape.length === 0 && max_batch_size === 0) {
    return {
      text: `${subject} cannot have empty reshape for non-batching model as scalar tensors are not supported`,
      field: 'reshape',
    };
  }
  if (!tensor.dims.every(isDimension))
    return {
      text: `${subject} dimension must be integer >= 1, or -1 to indicate a variable-size dimension`,
      field: 'dims',
    };
  const reshape = tensor.reshape && breachOfReshape(tensor.dims, tensor.reshape.shape);
  return reshape === undefined ? undefined : { text: `${subject} ${reshape}`, field: 'reshape' };
}

function breachOfFormat({ format, dims }: ModelInput): Breach | undefined {
  if (format === 'FORMAT_NONE' || dims.length === 3) return undefined;
  return { text: 'model input NHWC/NCHW require 3 dims', field: 'format' };
}

function breachOfPlatform(
  { is_shape_tensor, is_non_linear_format_io, dims }: ModelInput | ModelOutput,
  { platform }: ModelConfig,
  role: string,
): Breach | undefined {
  const isTensorRt = platform === 'tensorrt_plan';
  if (is_shape_tensor && !isTensorRt)
    return { text: 'shape tensors are only supported for TensorRT platform', field: 'is_shape_tensor' };
  if (!is_non_linear_format_io) return undefined;
  const field = 'is_non_linear_format_io';
  if (!isTensorRt) return { text: 'Non-linear IO format is only supported for the TensorRT platform', field };
  return dims.length === 3 ? undefined : { text: `Non-linear IO format ${role} requires 3 dims`, field };
}

function breachOfReshape(dims: readonly number[], shape: readonly number[]): string | undefined {
  if (!shape.every(isDimension))
    return 'reshape dimensions must be integer >= 1, or -1 to indicate a variable-size dimension';
  // Between two variable dimensions, dims and reshape must have the same number of elements.
  const wanted = fixedRuns(dims);
  const given = fixedRuns(shape);
  if (wanted.length > 1 !== given.length > 1) return 'has different size for dims and reshape';
  if (wanted.length !== given.length)
    return 'has different number of variable-size dimensions for dims and reshape';
  return wanted.every((count, index) => count === given[index])
    ? undefined
    : 'has different size for dims and reshape';
}

/** Element counts of the sections between variable dimensions. */
function fixedRuns(shape: readonly number[]): number[] {
  const runs = [1];
  for (const dim of shape) {
    if (dim === -1) runs.push(1);
    else runs[runs.length - 1] = (runs.at(-1) ?? 1) * dim;
  }
  return runs;
}

function isDimension(dim: number): boolean {
  return dim >= 1 || dim === -1;
}

function validateBatchTensors({ name, input, output, batch_input, batch_output }: ModelConfig): void {
  const inputs = new Set(input.map((tensor) => tensor.name));
  const outputs = new Set(output.map((tensor) => tensor.name));
  for (const [index, { kind, source_input, data_type }] of batch_input.entries()) {
    const field = ['batch_input', index];
    const breach =
      breachOfSources(`batch input kind '${kind}'`, source_input) ??
      (data_type === 'TYPE_INT32' || data_type === 'TYPE_FP32'
        ? undefined
        : 'batch input data type must be TYPE_INT32 or TYPE_FP32') ??
      breachOfNames(source_input, inputs);
    if (breach !== undefined) throw invalidConfig(`${breach} for ${name}`, field);
  }
  for (const [index, { kind, source_input, target_name }] of batch_output.entries()) {
    const field = ['batch_output', index];
    const breach =
      breachOfSources(`batch output kind '${kind}'`, source_input) ??
      // Triton crashes on it.
      (target_name.length > 0 ? undefined : "batch output must specify 'target_name'") ??
      breachOfNames(source_input, inputs) ??
      breachOfTargets(target_name, outputs);
    if (breach !== undefined) throw invalidConfig(`${breach} for ${name}`, field);
  }
}

function breachOfSources(subject: string, sources: readonly string[]): string | undefined {
  return sources.length === 1 ? undefined : `${subject} expects 1 source input, got ${sources.length}`;
}

function breachOfNames(sources: readonly string[], inputs: ReadonlySet<string>): string | undefined {
  const unknown = sources.find((source) => !inputs.has(source));
  return unknown === undefined ? undefined : `unknown source input name '${unknown}'`;
}

function breachOfTargets(targets: readonly string[], outputs: ReadonlySet<string>): string | undefined {
  for (const [index, target] of targets.entries()) {
    if (!outputs.has(target)) return `unknown target output name '${target}'`;
    if (targets.indexOf(target) < index) return `target output name '${target}' can only be specified once`;
  }
  return undefined;
}
