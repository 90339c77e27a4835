import { type Datatype, datatypeOfConfig } from '../kserve/index.ts';
import type { ModelConfig } from '../repository/index.ts';

export interface SignatureInput {
  readonly name: string;
  readonly datatype: Datatype;
  /** The shape that clients send, with a leading -1 if the model batches. */
  readonly shape: readonly number[];
  /** The model's shape after the batch dimension, if it differs from what clients send. */
  readonly reshape: readonly number[] | undefined;
  /** `shape` without the batch dimension. */
  readonly dims: readonly number[];
  readonly optional: boolean;
  readonly ragged: boolean;
}

export interface SignatureOutput {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly reshape: readonly number[] | undefined;
  readonly dims: readonly number[];
}

/** A model's configuration in the form against which requests are checked. */
export interface ModelSignature {
  readonly model: string;
  readonly maxBatchSize: number;
  readonly inputs: ReadonlyMap<string, SignatureInput>;
  readonly requiredInputs: number;
  readonly outputs: ReadonlyMap<string, SignatureOutput>;
  /** Whether two valid requests can differ in shape or in the inputs that they include. */
  readonly varies: boolean;
}

export function signatureOf(config: ModelConfig): ModelSignature {
  const batch = config.max_batch_size > 0 ? [-1] : [];
  const inputs = new Map<string, SignatureInput>();
  for (const { name, data_type, dims, reshape, optional, allow_ragged_batch } of config.input)
    inputs.set(name, {
      name,
      datatype: datatypeOfConfig(data_type) ?? 'BYTES',
      shape: [...batch, ...dims],
      reshape: reshape?.shape,
      dims,
      optional,
      ragged: allow_ragged_batch,
    });
  const outputs = new Map<string, SignatureOutput>();
  // Responses list outputs by name, as the backend computes them.
  for (const { name, data_type, dims, reshape } of [...config.output].sort(byName))
    outputs.set(name, {
      name,
      datatype: datatypeOfConfig(data_type) ?? 'BYTES',
      shape: [...batch, ...dims],
      reshape: reshape?.shape,
      dims,
    });
  const all = [...inputs.values()];
  return {
    model: config.name,
    maxBatchSize: config.max_batch_size,
    inputs,
    requiredInputs: all.filter(({ optional }) => !optional).length,
    outputs,
    varies: all.some(({ optional, ragged, dims }) => optional || (!ragged && dims.includes(-1))),
  };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : Number(a.name > b.name);
}
