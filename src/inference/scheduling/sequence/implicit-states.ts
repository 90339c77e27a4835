import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isInside } from '../../../base/index.ts';
import {
  datatypeOfConfig,
  ELEMENT_BYTES,
  elementCount,
  internal,
  invalidArgument,
  type Tensor,
} from '../../../kserve/index.ts';
import type {
  ModelConfig,
  ModelDefinition,
  SequenceInitialState,
  SequenceState,
} from '../../../repository/index.ts';
import type { SequenceSlot } from './sequence-slot.ts';

const FOLDER = 'initial_state';

interface ImplicitState {
  readonly output: string;
  /** The initial state of a sequence, by the name of the model's input. */
  readonly initial: Tensor;
}

/** The tensors that a model returns and receives again with the next request of the same sequence. */
export class ImplicitStates {
  readonly #states: readonly ImplicitState[];

  private constructor(states: readonly ImplicitState[]) {
    this.#states = states;
  }

  /** @throws KServeError with Triton's reason if an initial state does not fit */
  static async read(definition: ModelDefinition, config: ModelConfig): Promise<ImplicitStates> {
    const batch = config.max_batch_size > 0 ? [1] : [];
    const states: ImplicitState[] = [];
    const initialized = new Set<string>();
    for (const state of config.sequence_batching?.state ?? []) {
      // Triton grows them only on GPUs, and elsewhere omits the state.
      if (state.use_growable_memory) continue;
      const data = await initialData(definition, state, initialized);
      // Variable dimensions are 1 until an initial state or the model sets them.
      const dims = state.initial_state[0]?.dims ?? state.dims.map((dim) => (dim === -1 ? 1 : dim));
      const shape = [...batch, ...dims];
      const datatype = datatypeOfConfig(state.data_type) ?? 'BYTES';
      const initial = {
        name: state.input_name,
        datatype,
        shape,
        data: data ?? zeros(state.data_type, shape),
      };
      states.push({ output: state.output_name, initial });
    }
    return new ImplicitStates(states);
  }

  /** The states for the next request of the slot's sequence; `start` resets them to the initial ones. */
  forRequest(slot: SequenceSlot, start: boolean): readonly Tensor[] {
    if (this.#states.length === 0) return [];
    if (start || !slot.states)
      slot.states = new Map(this.#states.map(({ initial }) => [initial.name, initial]));
    // A backend may transfer the bytes.
    return [...slot.states.values()].map((state) => ({ ...state, data: new Uint8Array(state.data) }));
  }

  /** Stores the states that the model returned for the next request. */
  update(slot: SequenceSlot, outputs: readonly Tensor[]): void {
    if (!slot.states) return;
    const states = new Map(slot.states);
    for (const { output, initial } of this.#states) {
      const found = outputs.find(({ name }) => name === output);
      // A view would keep the outputs of the whole batch in memory.
      if (found) states.set(initial.name, { ...found, name: initial.name, data: new Uint8Array(found.data) });
    }
    slot.states = states;
  }
}

async function initialData(
  definition: ModelDefinition,
  { input_name: input, data_type, dims, initial_state }: SequenceState,
  initialized: Set<string>,
): Promise<Uint8Array | undefined> {
  const [initial] = initial_state;
  if (!initial) return undefined;
  if (initial_state.length > 1)
    throw invalidArgument(
      `initial_state field for state input '${input}' must contain exactly one or zero element. Found '${initial_state.length}' elements.`,
    );
  if (initial.data_type !== data_type)
    throw invalidArgument(
      `The data type used for 'initial_state' field of state '${input}' does not match the state data type.`,
    );
  if (initial.name === '')
    throw invalidArgument(`Field 'name' must be set when using initial_state for state input '${input}'.`);
  if (initialized.has(input)) throw invalidArgument(`State input name '${input}' specified more than once.`);
  initialized.add(input);
  if (initial.dims.length !== dims.length)
    throw invalidArgument(
      `Number of dimensions in 'initial_state' doesn't match the size of 'state' dimensions for state input '${input}'. ${initial.dims.length} != ${dims.length}`,
    );
  for (const [index, dim] of initial.dims.entries()) {
    if (dim === -1)
      throw invalidArgument(
        `'initial_state' field for state input name '${input}' contains variable dimensions.`,
      );
    if (dims[index] !== -1 && dims[index] !== dim)
      throw invalidArgument(
        `'initial_state' dim for input name '${input}' doesn't match 'state' dim description. ${dim} != ${dims[index]}`,
      );
  }
  if (initial.zero_data !== undefined) return zeros(data_type, initial.dims);
  if (initial.data_file !== undefined) return readInitialState(definition, initial);
  throw invalidArgument(`initial_state setting expects state'${input}' to have state_data set`);
}

async function readInitialState(
  { directory }: ModelDefinition,
  { data_file: name = '', data_type, dims }: SequenceInitialState,
): Promise<Uint8Array> {
  const folder = path.join(directory, FOLDER);
  const file = path.join(folder, name);
  if (!isInside(folder, file)) throw invalidArgument(`initial state file '${name}' is outside the model`);
  const data = await readFile(file).catch(() => {
    throw internal(`failed to open text file for read ${file}: No such file or directory`);
  });
  if (data_type === 'TYPE_STRING') return new Uint8Array(data);
  const size = zeros(data_type, dims).byteLength;
  if (data.byteLength < size)
    throw invalidArgument(
      `initial_state setting expects ${size} bytes, but the data provided from ${name}only has ${data.byteLength} bytes.`,
    );
  return new Uint8Array(data.subarray(0, size));
}

/** Zeros; for strings, empty strings, each represented by 4 bytes of length. */
function zeros(dataType: SequenceState['data_type'], shape: readonly number[]): Uint8Array {
  const datatype = datatypeOfConfig(dataType) ?? 'BYTES';
  return new Uint8Array(elementCount(shape) * (ELEMENT_BYTES[datatype] || 4));
}
