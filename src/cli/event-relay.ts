import { systemError } from '../base/index.ts';
import { type Control, callVerb, createVerbs, type RemoteControl } from '../control/index.ts';
import { deliver, type EmulatorEvent, readEventLog } from '../events/index.ts';

type Listener = (event: EmulatorEvent) => void;

interface PlayOptions {
  /** How many events to take from the end of the log; all if absent. */
  readonly last?: number | undefined;
  readonly follow: boolean;
}

/**
 * Replays the events of an emulator in another process to a renderer here: those of its start as they are pushed, or
 * those in its log followed by new ones, each once and in order.
 */
export class EventRelay {
  /** What a renderer sees: the relayed events, and the verbs of the emulator. */
  readonly control: Control;
  readonly #remote: RemoteControl | undefined;
  readonly #listeners = new Set<Listener>();
  #seq = 0;

  /** Without a remote control, every verb rejects with NOT_RUNNING. */
  constructor(remote?: RemoteControl) {
    this.#remote = remote;
    this.control = {
      ...createVerbs((name, argument) => {
        if (!remote) throw systemError('NOT_RUNNING', 'the emulator does not listen yet, or has ended');
        return callVerb(remote, name, argument);
      }),
      subscribe: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
    };
  }

  push(event: EmulatorEvent): void {
    this.#seq = event.seq;
    deliver(this.#listeners, event);
  }

  /** Relays the events in the log, or the last of them, and with `follow` also new ones. */
  async play(eventLog: string | null, { last, follow }: PlayOptions): Promise<void> {
    let waiting: EmulatorEvent[] | undefined = [];
    if (follow) {
      this.#remote?.subscribe((event) => {
        if (waiting) waiting.push(event);
        else this.push(event);
      });
    }
    const held: EmulatorEvent[] = [];
    if (eventLog !== null) {
      for await (const event of readEventLog(eventLog)) {
        if (last === undefined) this.push(event);
        else if (held.push(event) > last) held.shift();
      }
    }
    for (const event of [...held, ...waiting]) if (event.seq > this.#seq) this.push(event);
    waiting = undefined;
  }
}
