import { messageOf } from '../base/index.ts';
import type { EmulatorEvent, EventBody, EventOf, EventSink, EventType } from './event.ts';

type Listener = (event: EmulatorEvent) => void;

/**
 * Numbers events and delivers each to every listener, in order and before `emit` returns. Only events that a listener
 * emits are delivered later: after the event that it handles. A listener that throws affects neither the emitter nor
 * the other listeners; its first failure is logged.
 */
export class EventBus implements EventSink {
  readonly #listeners = new Set<Listener>();
  readonly #faulty = new WeakSet<Listener>();
  /** Events that a listener has emitted while another event is being delivered. */
  readonly #queue: EmulatorEvent[] = [];
  #isDelivering = false;
  #seq = 0;

  emit(body: EventBody): void {
    this.#seq += 1;
    this.#queue.push({ v: 1 as const, seq: this.#seq, time: new Date().toISOString(), ...body });
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    for (let event = this.#queue.shift(); event; event = this.#queue.shift()) {
      for (const fault of deliver(this.#listeners, event)) this.#report(fault);
    }
    this.#isDelivering = false;
  }

  #report({ listener, error }: ListenerFault): void {
    if (this.#faulty.has(listener)) return;
    this.#faulty.add(listener);
    const text = `a listener to events failed: ${messageOf(error)}`;
    this.emit({ type: 'log.line', source: 'emulator', level: 'error', text });
  }

  /** Calls `listener` for every event from now on; the returned function unsubscribes it. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves with the next event of this type that matches. */
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

/**
 * Calls each listener with the event, even if others throw. A listener that is removed in the meantime is no longer
 * called, and an added one gets the next event.
 * @returns the errors thrown
 */
export function deliver(listeners: ReadonlySet<Listener>, event: EmulatorEvent): readonly ListenerFault[] {
  const faults: ListenerFault[] = [];
  for (const listener of [...listeners]) {
    if (!listeners.has(listener)) continue;
    try {
      listener(event);
    } catch (error) {
      faults.push({ listener, error });
    }
  }
  return faults;
}
