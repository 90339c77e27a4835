import { systemError } from '../base/index.ts';
import type { Control, RemoteControl } from '../control/index.ts';
import { deliver, type EmulatorEvent, type EmulatorState, readEventLog } from '../events/index.ts';

type Listener = (event: EmulatorEvent) => void;

interface Playing {
  /** How many events of the log at most; all where it is left out. */
  readonly last?: number | undefined;
  readonly follow: boolean;
}

/**
 * Events of an emulator in another process, for a renderer here: those of its start, or those that its log holds and
 * then those that happen, each once and in order.
 */
export class EventRelay implements Control {
  readonly #control: RemoteControl | undefined;
  readonly #listeners = new Set<Listener>();
  #seq = 0;

  /** Without a control, what a renderer asks of the emulator is refused. */
  constructor(control?: RemoteControl) {
    this.#control = control;
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  push(event: EmulatorEvent): void {
    this.#seq = event.seq;
    deliver(this.#listeners, event);
  }

  /** Hands on what the log holds, or the last of it, and with `follow` also what comes after it. */
  async play(eventLog: string | null, { last, follow }: Playing): Promise<void> {
    let waiting: EmulatorEvent[] | undefined = [];
    if (follow) {
      this.#control?.subscribe((event) => {
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

  state(): Promise<EmulatorState> {
    return this.#remote().state();
  }

  reload(model?: string): Promise<void> {
    return this.#remote().reload(model);
  }

  pause(): Promise<void> {
    return this.#remote().pause();
  }

  resume(): Promise<void> {
    return this.#remote().resume();
  }

  pin(): Promise<void> {
    return this.#remote().pin();
  }

  unpin(): Promise<void> {
    return this.#remote().unpin();
  }

  accessKey(): Promise<string | undefined> {
    return this.#remote().accessKey();
  }

  skipDownload(): Promise<void> {
    return this.#remote().skipDownload();
  }

  stop(reason: string): Promise<void> {
    return this.#remote().stop(reason);
  }

  #remote(): RemoteControl {
    if (!this.#control) throw systemError('NOT_RUNNING', 'the emulator does not listen yet, or has ended');
    return this.#control;
  }
}
