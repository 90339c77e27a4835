import type { Control } from '../../src/control/index.ts';
import { type EmulatorEvent, type EmulatorState, EventBus, StateStore } from '../../src/events/index.ts';

/** An emulator that does nothing but tell: tests emit events through `bus` and read what screens asked for. */
export class FakeControl implements Control {
  readonly bus = new EventBus();
  readonly reloads: (string | undefined)[] = [];
  readonly stops: string[] = [];
  /** What a reload does; replaced by tests. */
  onReload: () => Promise<void> = () => Promise.resolve();
  readonly #store = new StateStore(this.bus);

  state(): Promise<EmulatorState> {
    return Promise.resolve(this.#store.state);
  }

  reload(model?: string): Promise<void> {
    this.reloads.push(model);
    return this.onReload();
  }

  stop(reason: string): Promise<void> {
    this.stops.push(reason);
    return Promise.resolve();
  }

  subscribe(listener: (event: EmulatorEvent) => void): () => void {
    return this.bus.subscribe(listener);
  }
}
