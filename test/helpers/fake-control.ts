import type { Control } from '../../src/control/index.ts';
import { type EmulatorEvent, type EmulatorState, EventBus, StateStore } from '../../src/events/index.ts';

/** An emulator that does nothing: tests emit events through `bus` and read the requests of screens. */
export class FakeControl implements Control {
  readonly bus = new EventBus();
  readonly reloads: (string | undefined)[] = [];
  readonly stops: string[] = [];
  skips = 0;
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

  async pause(): Promise<void> {
    this.bus.emit({ type: 'reload.watching', mode: 'paused', reason: '' });
  }

  async resume(): Promise<void> {
    this.bus.emit({ type: 'reload.watching', mode: 'events', reason: '' });
  }

  async pin(): Promise<void> {
    this.bus.emit({ type: 'replay.pinned', method: 'POST', path: '/score', status: 200, generation: 1 });
  }

  async unpin(): Promise<void> {
    this.bus.emit({ type: 'replay.unpinned' });
  }

  async accessKey(): Promise<string | undefined> {
    return 'the-key-of-the-service';
  }

  async skipDownload(): Promise<void> {
    this.skips += 1;
  }

  stop(reason: string): Promise<void> {
    this.stops.push(reason);
    return Promise.resolve();
  }

  subscribe(listener: (event: EmulatorEvent) => void): () => void {
    return this.bus.subscribe(listener);
  }
}
