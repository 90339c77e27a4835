import {
  datatypeOfConfig,
  ELEMENT_BYTES,
  invalidArgument,
  joinBytesTensor,
  requestPrefix,
  type SequencePosition,
  type Tensor,
} from '../../../kserve/index.ts';
import { type ModelConfig, type SequenceControlTensor, sequenceControls } from '../../../repository/index.ts';
import type { SequenceRequest } from './sequence-slot.ts';

/** The inputs that tell a model the position of a request in its sequence. Clients do not see them. */
export class ControlInputs {
  readonly #model: string;
  readonly #controls: readonly SequenceControlTensor[];
  readonly #correlation: SequenceControlTensor | undefined;
  readonly #shape: readonly number[];

  constructor({ name, max_batch_size, sequence_batching }: ModelConfig) {
    const controls = sequence_batching ? sequenceControls(name, sequence_batching) : [];
    this.#model = name;
    this.#controls = controls;
    this.#correlation = controls.find(({ kind }) => kind === 'CONTROL_SEQUENCE_CORRID');
    this.#shape = max_batch_size > 0 ? [1, 1] : [1];
  }

  /** @throws KServeError if the model takes ids of the other kind (E91 of the catalogue) */
  check(requestId: string, { id }: SequencePosition): void {
    if (!this.#correlation) return;
    const expected = this.#correlation.dataType;
    const isText = typeof id === 'string';
    if (isText === (expected === 'TYPE_STRING')) return;
    throw invalidArgument(
      `${requestPrefix(requestId)}sequence batching control '${this.#correlation.name}' data-type is '${isText ? 'TYPE_STRING' : 'TYPE_UINT64'}', but model '${this.#model}' expects '${expected}'`,
    );
  }

  forRequest({ sequence: { id, start, end } }: SequenceRequest): readonly Tensor[] {
    return this.#tensors({ start, end, ready: true, id });
  }

  /** For a position in a batch without a request. */
  forNull(): readonly Tensor[] {
    const id = this.#correlation?.dataType === 'TYPE_STRING' ? '' : 0n;
    return this.#tensors({ start: false, end: false, ready: false, id });
  }

  #tensors({ start, end, ready, id }: SequencePosition & { readonly ready: boolean }): readonly Tensor[] {
    const isSet = {
      CONTROL_SEQUENCE_START: start,
      CONTROL_SEQUENCE_END: end,
      CONTROL_SEQUENCE_READY: ready,
      CONTROL_SEQUENCE_CORRID: false,
    };
    return this.#controls.map(({ name, kind, dataType, values }) => {
      const datatype = datatypeOfConfig(dataType) ?? 'BYTES';
      const data = values ? flagBytes(datatype, values[isSet[kind] ? 1 : 0]) : idBytes(datatype, id);
      return { name, datatype, shape: this.#shape, data };
    });
  }
}

function flagBytes(datatype: Tensor['datatype'], value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(ELEMENT_BYTES[datatype]));
  if (datatype === 'FP32') view.setFloat32(0, value, true);
  else if (datatype === 'BOOL') view.setUint8(0, value);
  else view.setInt32(0, value, true);
  return new Uint8Array(view.buffer);
}

/** Numbers are truncated to the model's width, as in Triton. */
function idBytes(datatype: Tensor['datatype'], id: SequencePosition['id']): Uint8Array {
  if (datatype === 'BYTES') return joinBytesTensor([Buffer.from(String(id))]);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(id)));
  return new Uint8Array(bytes.subarray(0, ELEMENT_BYTES[datatype]));
}
