import type { EmulatorEvent, EmulatorState } from '../events/index.ts';

/** What every process of ours that serves in the background can be asked. */
export interface ProcessControl {
  state(): Promise<EmulatorState>;
  /** Stops everything; resolves when nothing is left. */
  stop(reason: string): Promise<void>;
  /** Calls `listener` for every event from now on; the returned function ends that. */
  subscribe(listener: (event: EmulatorEvent) => void): () => void;
}

/** What any screen or terminal may ask of a running emulator; the same in process and over the control socket. */
export interface Control extends ProcessControl {
  /** Reads the project again and reloads what differs, or one model whether it differs or not. */
  reload(model?: string): Promise<void>;
  /** Takes no notice of saves until `resume`; `reload` works meanwhile. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Sends the last request to the scoring port again after each reload, and tells how its answer changes. */
  pin(): Promise<void>;
  unpin(): Promise<void>;
  /** The key that callers of the scoring service must send; undefined where none is asked for. */
  accessKey(): Promise<string | undefined>;
  /** Ends the download of an image that the start waits for: with what is on this machine it goes on. */
  skipDownload(): Promise<void>;
}

/** What whoever deploys services asks besides. */
export interface ServiceControl extends Control {
  /**
   * Moves the scoring service to another port (0: any); who is connected to the old one is served on there.
   * @throws PORT_TAKEN, PORT_REFUSED; it stays where it was then.
   */
  publish(port: number): Promise<void>;
  /** Reads the keys again: from the next request on, those count. */
  rekey(): Promise<void>;
}
