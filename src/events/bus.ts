import { messageOf } from '../base/index.ts';
import type { EmulatorEvent, EventBody, EventOf, EventSink, EventType } from './event.ts';

type Listener = (event: EmulatorEvent) => void;

/**
 * Numbers events and hands them to every listener, at once and in order. A listener that throws concerns neither the
 * emitter nor the other listeners; the log tells of it once.
 */
export class EventBus implements EventSink {
  readonly #listeners = new Set<Listener>();
  readonly #faulty = new WeakSet<Listener>();
  #seq = 0;

  emit(body: EventBody): void {
    this.#seq += 1;
    const event = { v: 1 as const, seq: this.#seq, time: new Date().toISOString(), ...body };
    for (const fault of deliver(this.#listeners, event)) this.#report(fault);
  }

  /** After the event, so that the numbers rise for everybody. */
  #report({ listener, error }: ListenerFault): void {
    if (this.#faulty.has(listener)) return;
    this.#faulty.add(listener);
    const text = `a listener to events failed: ${messageOf(error)}`;
    this.emit({ type: 'log.line', source: 'emulator', level: 'error', text });
  }

  /** Calls `listener` for every event from now on; the returned function ends that. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The next event of this type that fits. */
  next<Type extends EventType>(
    type: Type,
    fits: (event: EventOf<Type>) => boolean = () => true,
  ): Promise<EventOf<Type>> {
    return new Promise((resolve) => {
      const unsubscribe = this.subscribe((event) => {
        if (event.type !== type || !fits(event as EventOf<Type>)) return;
        unsubscribe();
        resolve(event as EventOf<Type>);
      });
    });
  }
}

interface ListenerFault {
  readonly listener: Listener;
  readonly error: unknown;
}

/** Hands an event to each listener, whatever those before it threw, and gives back what they threw. */
export function deliver(listeners: Iterable<Listener>, event: EmulatorEvent): readonly ListenerFault[] {
  const faults: ListenerFault[] = [];
  for (const listener of listeners) {
    try {
      listener(event);
    } catch (error) {
      faults.push({ listener, error });
    }
  }
  return faults;
}
