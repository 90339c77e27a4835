import { type FieldPath, invalidConfig } from './config-error.ts';
import type { ModelConfig, ModelInput, ModelOutput } from './model-config.ts';
import type { OnnxInterface, OnnxTensor } from './onnx-interface.ts';
import { sequenceControls } from './validate-sequence.ts';

/**
 * Makes the checks of Triton's ONNX Runtime backend when it creates an instance (docs/reference/triton.md#onnx-models):
 * the completed configuration against the model.
 * @throws MODEL_CONFIG_INVALID with Triton's text
 */
export function checkOnnxInterface(config: ModelConfig, onnx: OnnxInterface): void {
  refuseNonTensors(onnx.inputs);
  checkSequenceControls(config, onnx);
  checkInputCount(config, onnx);
  const inputs = byName([...onnx.inputs, ...(onnx.initializers ?? [])]);
  for (const [index, input] of config.input.entries())
    checkInput(config, input, ['input', index], inputs, onnx);
  refuseNonTensors(onnx.outputs);
  const outputs = byName(onnx.outputs);
  const batchOutputs = new Set(config.batch_output.flatMap(({ target_name }) => target_name));
  for (const [index, output] of config.output.entries()) {
    const field = ['output', index];
    const tensor = findTensor('output', output, field, outputs);
    checkDataType(config, 'output', output, field, tensor);
    if (!batchOutputs.has(output.name)) checkShape(config, output, field, tensor, true);
  }
  checkStates(config, outputs);
}

/** The backend's names for ONNX Runtime's types; it has none for the others. */
const TYPE_NAMES: readonly string[] = ['SEQUENCE', 'MAP', 'OPAQUE', 'SPARSETENSOR'];

/**
 * Refuses the first input or output that is not a tensor.
 * @throws MODEL_CONFIG_INVALID with Triton's text
 */
export function refuseNonTensors(tensors: readonly OnnxTensor[]): void {
  const found = tensors.find(({ kind = 'TENSOR' }) => kind !== 'TENSOR');
  if (found?.kind === undefined) return;
  const type = TYPE_NAMES.includes(found.kind) ? found.kind : 'UNKNOWN';
  throw invalidConfig(
    `Unsupported ONNX Type 'ONNX_TYPE_${type}' for I/O '${found.name}', expected 'ONNX_TYPE_TENSOR'.`,
    [],
    'UNSUPPORTED',
    found.kind === 'SEQUENCE' || found.kind === 'MAP'
      ? "export a classifier of scikit-learn without its ZipMap: to_onnx(model, …, options={'zipmap': False})"
      : 'export the model with tensors as its inputs and outputs',
  );
}

function byName(tensors: readonly OnnxTensor[]): ReadonlyMap<string, OnnxTensor> {
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}

function checkInputCount(
  { name, input, batch_input, sequence_batching }: ModelConfig,
  onnx: OnnxInterface,
): void {
  const expected =
    input.filter(({ optional }) => !optional).length +
    batch_input.length +
    (sequence_batching
      ? sequenceControls(name, sequence_batching).length + sequence_batching.state.length
      : 0);
  if (expected === onnx.inputs.length) return;
  throw invalidConfig(
    `unable to load model '${name}', configuration expects ${expected} inputs, ` +
      `model provides ${onnx.inputs.length}`,
    ['input'],
    'INVALID_ARG',
    `the model's inputs are ${onnx.inputs.map((tensor) => tensor.name).join(', ')}`,
  );
}

function checkInput(
  config: ModelConfig,
  input: ModelInput,
  field: FieldPath,
  inputs: ReadonlyMap<string, OnnxTensor>,
  onnx: OnnxInterface,
): void {
  const { name, optional } = input;
  const refuse = (text: string, member: string) =>
    invalidConfig(`unable to load model '${config.name}', ${text}`, [...field, member]);
  if (optional && config.max_batch_size !== 0) {
    throw refuse(`optional input '${name}' is not supported for models that support batching`, 'optional');
  }
  // An optional input is an initializer. If the initializers are unknown, trust the name.
  if (optional && !onnx.initializers && !inputs.has(name)) return;
  const tensor = findTensor('input', input, field, inputs);
  checkDataType(config, 'input', input, field, tensor);
  if (!input.allow_ragged_batch) {
    checkShape(config, input, field, tensor, false);
    return;
  }
  const expectation = 'configuration expects model provides input with shape [-1]';
  if (optional) {
    throw refuse(
      `${expectation} for ragged input '${name}', which is not supported for optional input`,
      'allow_ragged_batch',
    );
  }
  const { shape = [] } = tensor;
  if (shape.length !== 1 || shape[0] !== -1) {
    // Triton's text has two spaces.
    throw refuse(
      `${expectation}  for ragged input '${name}', model provides ${shapeText(shape)}`,
      'allow_ragged_batch',
    );
  }
}

function findTensor(
  role: 'input' | 'output',
  { name }: ModelInput | ModelOutput,
  field: FieldPath,
  tensors: ReadonlyMap<string, OnnxTensor>,
): OnnxTensor {
  const tensor = tensors.get(name);
  if (tensor) return tensor;
  const allowed = [...tensors.keys()].sort().join(', ');
  throw invalidConfig(`unexpected inference ${role} '${name}', allowed ${role}s are: ${allowed}`, [
    ...field,
    'name',
  ]);
}

function checkDataType(
  { name: model }: ModelConfig,
  role: string,
  { name, data_type }: Pick<ModelInput, 'name' | 'data_type'>,
  field: FieldPath,
  { dataType }: OnnxTensor,
): void {
  const member = [...field, 'data_type'];
  if (data_type === 'TYPE_BF16' || data_type === 'TYPE_INVALID') {
    throw invalidConfig(
      `unsupported datatype ${data_type} for ${role} '${name}' for model '${model}'`,
      member,
      'INTERNAL',
    );
  }
  if (data_type === dataType) return;
  throw invalidConfig(
    `unable to load model '${model}', configuration expects datatype ${data_type} for ${role} '${name}', ` +
      `model provides ${providedType(dataType)}`,
    member,
  );
}

/** The backend prints the model's type with the protocol's name, which differs for strings. */
function providedType(dataType: OnnxTensor['dataType']): string {
  if (dataType === 'TYPE_STRING') return 'TYPE_BYTES';
  return dataType === 'TYPE_INVALID' || dataType === 'TYPE_BF16' ? 'TYPE_<invalid>' : dataType;
}

function checkShape(
  { name: model, max_batch_size }: ModelConfig,
  { name, dims, reshape }: ModelInput | ModelOutput,
  field: FieldPath,
  { shape = [] }: OnnxTensor,
  isExact: boolean,
): void {
  const member = [...field, reshape ? 'reshape' : 'dims'];
  const declared = reshape?.shape ?? dims;
  if (shape.length === 0) {
    if (declared.every((dim) => dim === 1)) return;
    throw invalidConfig(
      `unable to load model '${model}', scalar tensor '${name}', should only provide 1 in the model ` +
        `configuration when the model doesn't support batching. Model configuration provided: ` +
        `${shapeText(declared)}.`,
      member,
    );
  }
  const subject = `model '${model}', tensor '${name}'`;
  if (max_batch_size > 0 && shape[0] !== -1) {
    throw invalidConfig(
      `${subject}: for the model to support batching the shape should have at least 1 dimension and the first ` +
        `dimension must be -1; but shape expected by the model is ${shapeText(shape)}`,
      ['max_batch_size'],
    );
  }
  const full = max_batch_size > 0 ? [-1, ...declared] : declared;
  const fits =
    shape.length === full.length &&
    shape.every((dim, index) => dim === full[index] || (dim === -1 && !isExact));
  if (fits) return;
  const specified =
    max_batch_size > 0
      ? '(an initial batch dimension because max_batch_size > 0 followed by the explicit tensor shape, making ' +
        `complete shape ${shapeText(full)})`
      : `(shape ${shapeText(full)})`;
  throw invalidConfig(
    `${subject}: the model expects ${shape.length} dimensions (shape ${shapeText(shape)}) but the model ` +
      `configuration specifies ${full.length} dimensions ${specified}`,
    member,
  );
}

function checkSequenceControls(
  { name: model, max_batch_size, sequence_batching }: ModelConfig,
  onnx: OnnxInterface,
) {
  if (!sequence_batching) return;
  const field = ['sequence_batching', 'control_input'];
  const inputs = byName(onnx.inputs);
  for (const { name, dataType } of sequenceControls(model, sequence_batching)) {
    const tensor = inputs.get(name);
    if (!tensor) {
      throw invalidConfig(
        `configuration specified sequence control '${name}', but model does not provide that input`,
        field,
        'INTERNAL',
      );
    }
    const subject = `unable to load model '${model}', sequence control '${name}'`;
    const dims = (tensor.shape ?? []).slice(max_batch_size > 0 ? 1 : 0);
    if (dims.length !== 1 || dims[0] !== 1) {
      throw invalidConfig(`${subject} in model has dims ${shapeText(dims)} but dims [1] is expected`, field);
    }
    if (tensor.dataType !== dataType) {
      throw invalidConfig(
        `${subject}, the model expects data-type ${tensor.dataType.replace('TYPE_', '')} but the model ` +
          `configuration specifies data-type ${dataType}`,
        field,
      );
    }
  }
}

function checkStates({ sequence_batching }: ModelConfig, outputs: ReadonlyMap<string, OnnxTensor>): void {
  for (const [index, { output_name }] of (sequence_batching?.state ?? []).entries()) {
    if (outputs.has(output_name)) continue;
    const allowed = [...outputs.keys()].sort().join(', ');
    throw invalidConfig(`unexpected inference output '${output_name}', allowed outputs are: ${allowed}`, [
      'sequence_batching',
      'state',
      index,
    ]);
  }
}

function shapeText(shape: readonly number[]): string {
  return `[${shape.join(',')}]`;
}
