import type { EmulatorEvent, EventBody, EventOf, EventSink, EventType } from './event.ts';

type Listener = (event: EmulatorEvent) => void;

/** Numbers events and hands them to every listener, at once and in order. */
export class EventBus implements EventSink {
  readonly #listeners = new Set<Listener>();
  #seq = 0;

  emit(body: EventBody): void {
    this.#seq += 1;
    const event = { v: 1 as const, seq: this.#seq, time: new Date().toISOString(), ...body };
    for (const listener of this.#listeners) listener(event);
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
