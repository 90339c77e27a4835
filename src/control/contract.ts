import type { EmulatorEvent, EmulatorState } from '../events/index.ts';

/**
 * How a process uses the control plane: `command` and `terminal` while they are connected, `detached` until it is stopped.
 * Only one of the last two is accepted at a time.
 */
export type UseKind = (typeof USE_KINDS)[number];

export const USE_KINDS = ['command', 'terminal', 'detached'] as const;

/** What any of our background processes can be asked. */
export interface ProcessControl {
  state(): Promise<EmulatorState>;
  /** Stops everything; resolves when nothing is left running. */
  stop(reason: string): Promise<void>;
  /** Calls `listener` for every event from now on; the returned function unsubscribes it. */
  subscribe(listener: (event: EmulatorEvent) => void): () => void;
  /**
   * Counts a user of a process that ends with its last one; the returned function ends the use. Absent in processes that
   * run until they are stopped.
   * @throws ALREADY_RUNNING
   */
  addUser?(kind: UseKind): () => void;
}

/** What a screen or terminal can ask of a running emulator, in process or over the control socket. */
export interface Control extends ProcessControl {
  /** Reads the project again and reloads what changed, or one model whether it changed or not. */
  reload(model?: string): Promise<void>;
  /** Ignores saves until `resume`; `reload` still works. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Sends the last request to the scoring port again after each reload, and reports how its answer changes. */
  pin(): Promise<void>;
  unpin(): Promise<void>;
  /** The key that callers of the scoring service must send; undefined if none is required. */
  accessKey(): Promise<string | undefined>;
  /** Cancels the image download that the start waits for; the start continues with what is on this machine. */
  skipDownload(): Promise<void>;
}

/** What deploying a service needs as well. */
export interface ServiceControl extends Control {
  /**
   * Moves the scoring service to another port (0: any). Clients connected to the old port are still served.
   * @throws PORT_TAKEN, PORT_REFUSED; the service then keeps its port.
   */
  publish(port: number): Promise<void>;
  /** Reads the keys again; they apply from the next request on. */
  rekey(): Promise<void>;
}

/** How a verb travels over the control socket. */
interface Verb {
  /** Its name on the socket. */
  readonly method: string;
  /** Whether every background process answers it, not only an emulator. */
  readonly everywhere?: true;
  /** Whether the answer comes at once, so that a process that takes long must hang. */
  readonly quick?: true;
  /** Converts its argument from text, which is what travels; by default it stays text. */
  readonly parse?: (text: string | undefined) => unknown;
}

/** A new verb needs a method in the interfaces above, an entry here, and its handler in the emulator. */
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

export type VerbName = Exclude<keyof ServiceControl, 'subscribe' | 'addUser'>;

export type Verbs = Pick<ServiceControl, VerbName>;

export const VERB_NAMES = Object.keys(VERBS) as readonly VerbName[];

export function verbOf(name: VerbName): Verb {
  return VERBS[name];
}

/** All verbs, each carried out by `call`. */
export function createVerbs(call: (name: VerbName, argument?: unknown) => Promise<unknown>): Verbs {
  const entries = VERB_NAMES.map((name) => [name, async (argument?: unknown) => call(name, argument)]);
  return Object.fromEntries(entries) as unknown as Verbs;
}

/** Calls a verb by its name. */
export function callVerb(target: Partial<Verbs>, name: VerbName, argument: unknown): Promise<unknown> {
  return (target as Record<VerbName, (argument: unknown) => Promise<unknown>>)[name](argument);
}
