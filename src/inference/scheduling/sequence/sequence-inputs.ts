import { elementCount, NO_SEQUENCE, type Tensor } from '../../../kserve/index.ts';
import type { QueuedRequest } from '../queued-request.ts';
import type { ControlInputs } from './control-inputs.ts';
import type { ImplicitStates } from './implicit-states.ts';
import type { SequenceRequest, SequenceSlot } from './sequence-slot.ts';

/** Adds controls and implicit states to the inputs of sequence requests, as the model receives them. */
export class SequenceInputs {
  readonly #controls: ControlInputs;
  readonly #states: ImplicitStates;
  readonly #returnsStates: boolean;

  /** @param returnsStates whether the backend returns changed states; otherwise each request gets the initial ones */
  constructor(controls: ControlInputs, states: ImplicitStates, returnsStates: boolean) {
    this.#controls = controls;
    this.#states = states;
    this.#returnsStates = returnsStates;
  }

  /** The request as it runs in the slot. */
  prepare(slot: SequenceSlot, request: SequenceRequest): QueuedRequest {
    const { sequence } = request;
    const states = this.#states.forRequest(slot, sequence.start);
    return {
      ...request,
      request: { ...request.request, sequence },
      inputs: [...request.inputs, ...this.#controls.forRequest(request), ...states],
      resolve: (answer) => {
        if (this.#returnsStates) this.#states.update(slot, answer.outputs);
        request.resolve(answer);
      },
    };
  }

  /** A null request with the shapes of another request in the same batch. */
  nullRequest(slot: SequenceSlot, like: SequenceRequest): QueuedRequest {
    const states = this.#states.forRequest(slot, like.sequence.start);
    return {
      ...like,
      isNull: true,
      request: { ...like.request, id: '', timeout: 0, sequence: NO_SEQUENCE, parameters: new Map() },
      inputs: [...like.inputs.map(emptied), ...this.#controls.forNull(), ...states.map(emptied)],
      cancellation: undefined,
      onResponse: ignore,
      onExecuted: undefined,
      resolve: ignore,
      reject: ignore,
    };
  }
}

/** A tensor of the same shape with zeros. */
function emptied(input: Tensor): Tensor {
  const size = input.datatype === 'BYTES' ? elementCount(input.shape) * 4 : input.data.byteLength;
  return { ...input, data: new Uint8Array(size) };
}

function ignore(): void {}
