import { elementCount, NO_SEQUENCE, type Tensor } from '../../../kserve/index.ts';
import type { QueuedRequest } from '../queued-request.ts';
import type { ControlInputs } from './control-inputs.ts';
import type { ImplicitStates } from './implicit-states.ts';
import type { SequenceRequest, SequenceSlot } from './sequence-slot.ts';

/** Makes the requests of sequences into what a model is given: with controls and implicit states among the inputs. */
export class SequenceInputs {
  readonly #controls: ControlInputs;
  readonly #states: ImplicitStates;
  readonly #returnsStates: boolean;

  /** @param returnsStates whether the backend gives back states that changed; otherwise each request gets the initial ones */
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

  /** A null request in the shapes of one that runs in the same batch. */
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

/** A tensor of the same shape with nothing in it. */
function emptied(input: Tensor): Tensor {
  const size = input.datatype === 'BYTES' ? elementCount(input.shape) * 4 : input.data.byteLength;
  return { ...input, data: new Uint8Array(size) };
}

function ignore(): void {}
