import { type FieldPath, invalidConfig } from './config-error.ts';
import type { DataType, ModelConfig, ModelSequenceBatching, SequenceControl } from './model-config.ts';

/** One control tensor of a sequence batcher, as sent to the model. */
export interface SequenceControlTensor {
  readonly name: string;
  readonly kind: SequenceControl['kind'];
  readonly dataType: DataType;
  /** The values for false and true; undefined for the correlation id. */
  readonly values: readonly [whenFalse: number, whenTrue: number] | undefined;
}

const BOOLEAN_KINDS = ['CONTROL_SEQUENCE_START', 'CONTROL_SEQUENCE_END', 'CONTROL_SEQUENCE_READY'] as const;
const CORRELATION_TYPES: readonly DataType[] = [
  'TYPE_UINT64',
  'TYPE_INT64',
  'TYPE_UINT32',
  'TYPE_INT32',
  'TYPE_STRING',
];

/**
 * Checks the rules for a sequence batcher (mcu ValidateModelConfig).
 * @throws MODEL_CONFIG_INVALID with Triton's text
 */
export function validateSequenceBatching(
  { name, max_batch_size, response_cache }: ModelConfig,
  batching: ModelSequenceBatching,
): void {
  if (response_cache?.enable) {
    throw invalidConfig(
      `Response Cache does not currently support model ${name} with sequence batching scheduler. ` +
        'Please disable the response cache.',
      ['response_cache'],
    );
  }
  for (const kind of BOOLEAN_KINDS) findControl(name, batching, kind);
  const correlation = findControl(name, batching, 'CONTROL_SEQUENCE_CORRID');
  if (correlation && !CORRELATION_TYPES.includes(correlation.dataType)) {
    throw invalidConfig(
      `unexpected data type for control CONTROL_SEQUENCE_CORRID for ${name}. Allowed data types are ` +
        'TYPE_UINT64, TYPE_INT64, TYPE_UINT32, TYPE_INT32 and TYPE_STRING',
      ['sequence_batching', 'control_input'],
    );
  }
  for (const [index, size] of (batching.oldest?.preferred_batch_size ?? []).entries()) {
    const field = ['sequence_batching', 'oldest', 'preferred_batch_size', index];
    if (size <= 0)
      throw invalidConfig(`sequence batching preferred batch size must be positive for ${name}`, field);
    if (size > max_batch_size) {
      throw invalidConfig(
        `sequence batching preferred batch size must be <= max batch size for ${name}`,
        field,
      );
    }
  }
  const utilization = batching.direct?.minimum_slot_utilization ?? 0;
  if (utilization < 0 || utilization > 1) {
    throw invalidConfig(
      `sequence batching minimum slot utilization must be in range (0.0, 1.0] for ${name}`,
      ['sequence_batching', 'direct', 'minimum_slot_utilization'],
    );
  }
}

/** The control tensors of a valid configuration, in Triton's order of kinds. */
export function sequenceControls(name: string, batching: ModelSequenceBatching): SequenceControlTensor[] {
  return [...BOOLEAN_KINDS, 'CONTROL_SEQUENCE_CORRID' as const].flatMap(
    (kind) => findControl(name, batching, kind) ?? [],
  );
}

function findControl(
  model: string,
  { control_input }: ModelSequenceBatching,
  kind: SequenceControl['kind'],
): SequenceControlTensor | undefined {
  const tensors = new Set<string>();
  let found: SequenceControlTensor | undefined;
  for (const [index, { name, control }] of control_input.entries()) {
    const field = ['sequence_batching', 'control_input', index];
    if (name === '')
      throw invalidConfig(`sequence batching control tensor must have a name for ${model}`, field);
    if (tensors.has(name)) {
      throw invalidConfig(
        `sequence batching control tensor '${name}' is specified for multiple control kinds for ${model}`,
        field,
      );
    }
    tensors.add(name);
    for (const [position, candidate] of control.entries()) {
      if (candidate.kind !== kind) continue;
      if (found) {
        throw invalidConfig(`sequence batching specifies multiple ${kind} tensors for ${model}`, field);
      }
      const dataType = controlDataType(model, candidate, [...field, 'control', position]);
      found = { name, kind, dataType, values: controlValues(candidate) };
    }
  }
  return found;
}

function controlValues(control: SequenceControl): SequenceControlTensor['values'] {
  const { int32_false_true, fp32_false_true, bool_false_true } = control;
  const [whenFalse, whenTrue] = [...int32_false_true, ...fp32_false_true, ...bool_false_true.map(Number)];
  return whenFalse === undefined || whenTrue === undefined ? undefined : [whenFalse, whenTrue];
}

function controlDataType(model: string, control: SequenceControl, field: FieldPath): DataType {
  const { kind } = control;
  const given = (['int32_false_true', 'fp32_false_true', 'bool_false_true'] as const).filter(
    (values) => control[values].length > 0,
  );
  if (kind === 'CONTROL_SEQUENCE_CORRID') {
    if (given.length === 0) return control.data_type;
    throw invalidConfig(
      `sequence batching must not specify either 'int32_false_true', 'fp32_false_true' or 'bool_false_true' ` +
        `for ${kind} for ${model}`,
      field,
    );
  }
  const [values, ...others] = given;
  if (values === undefined) {
    throw invalidConfig(
      `sequence batching must specify either 'int32_false_true', 'fp32_false_true' or 'bool_false_true' ` +
        `for ${kind} for ${model}`,
      field,
    );
  }
  if (others.length > 0) {
    throw invalidConfig(
      `sequence batching specifies more than one from 'int32_false_true', 'fp32_false_true' and ` +
        `'bool_false_true' for ${kind} for ${model}`,
      field,
    );
  }
  if (control[values].length !== 2) {
    throw invalidConfig(
      `sequence batching control '${values}' must have exactly 2 entries for ${kind} for ${model}`,
      [...field, values],
    );
  }
  return (
    { int32_false_true: 'TYPE_INT32', fp32_false_true: 'TYPE_FP32', bool_false_true: 'TYPE_BOOL' } as const
  )[values];
}
