import type { EmulatorEvent, EmulatorState } from '../events/index.ts';

/** What any screen or terminal may ask of a running emulator; the same in process and over the control socket. */
export interface Control {
  state(): Promise<EmulatorState>;
  /** Reads the project again and reloads what differs, or one model whether it differs or not. */
  reload(model?: string): Promise<void>;
  /** Stops everything; resolves when nothing is left. */
  stop(reason: string): Promise<void>;
  /** Calls `listener` for every event from now on; the returned function ends that. */
  subscribe(listener: (event: EmulatorEvent) => void): () => void;
}
