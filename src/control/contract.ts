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
  /** Ignores saves until `resume`; `reload` works meanwhile. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Sends the last request to the scoring port again after each reload, and reports how its answer changes. */
  pin(): Promise<void>;
  unpin(): Promise<void>;
  /** The key that callers of the scoring service must send; undefined if it asks for none. */
  accessKey(): Promise<string | undefined>;
  /** Ends the image download that the start waits for; the start goes on with what is on this machine. */
  skipDownload(): Promise<void>;
}

/** What deployments of services ask besides. */
export interface ServiceControl extends Control {
  /**
   * Moves the scoring service to another port (0: any). Clients connected to the old one are still served there.
   * @throws PORT_TAKEN, PORT_REFUSED; the service then stays where it was.
   */
  publish(port: number): Promise<void>;
  /** Reads the keys again; they count from the next request on. */
  rekey(): Promise<void>;
}

/** How a verb travels over the control socket. */
interface Verb {
  /** Its name on the socket. */
  readonly method: string;
  /** Whether every process answers it, not only an emulator. */
  readonly everywhere?: true;
  /** Whether the answer comes at once, so that a process that takes long is known to hang. */
  readonly quick?: true;
  /** Its argument from the text that travels; the text itself by default. */
  readonly parse?: (text: string | undefined) => unknown;
}

/** A verb needs its method in the interfaces above, its entry here, and its handler in the emulator. */
export const VERBS = {
  state: { method: 'state', everywhere: true, quick: true },
  stop: { method: 'stop', everywhere: true, parse: (reason) => reason ?? 'asked to' },
  reload: { method: 'reload' },
  pause: { method: 'pause', quick: true },
  resume: { method: 'resume', quick: true },
  pin: { method: 'pin' },
  unpin: { method: 'unpin', quick: true },
  accessKey: { method: 'access-key', quick: true },
  skipDownload: { method: 'skip-download', quick: true },
  publish: { method: 'publish', parse: Number },
  rekey: { method: 'rekey' },
} as const satisfies Record<VerbName, Verb>;

export type VerbName = Exclude<keyof ServiceControl, 'subscribe'>;

export const VERB_NAMES = Object.keys(VERBS) as readonly VerbName[];

export function verbOf(name: VerbName): Verb {
  return VERBS[name];
}
