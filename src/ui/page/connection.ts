import type { EmulatorEvent, EmulatorState } from '../../events/index.ts';

export interface ConnectionListener {
  onState(state: EmulatorState): void;
  onEvent(event: EmulatorEvent): void;
  /** Called when the connection to the emulator is lost, and when it is there again. */
  onConnected(isConnected: boolean): void;
}

/**
 * Follows the emulator: its state first, then every event that it still holds, then each new one. A hidden page does not
 * follow, since a browser allows few connections to one address; it continues where it was.
 */
export class Connection {
  readonly #listener: ConnectionListener;
  #source: EventSource | undefined;
  #lastSeq = 0;
  #process: string | undefined;

  constructor(listener: ConnectionListener) {
    this.#listener = listener;
    document.addEventListener('visibilitychange', () => this.#follow());
    this.#follow();
  }

  #follow(): void {
    this.#source?.close();
    this.#source = undefined;
    if (document.hidden) return;
    const source = new EventSource(`events?since=${this.#lastSeq}`);
    this.#source = source;
    source.onopen = () => void this.#readState();
    source.onerror = () => {
      this.#listener.onConnected(false);
      // After an answer other than 200 a browser gives up.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.#follow(), 1_000);
    };
    source.onmessage = ({ data }) => {
      const event: EmulatorEvent = JSON.parse(data);
      this.#lastSeq = event.seq;
      this.#listener.onEvent(event);
    };
  }

  async #readState(): Promise<void> {
    const answer = await fetch('state').catch(() => undefined);
    if (!answer?.ok) return;
    const state: EmulatorState = await answer.json();
    const process = `${state.pid} ${state.startedAt}`;
    this.#process ??= process;
    // Another emulator is on this port: its page has another token.
    if (this.#process !== process) location.reload();
    this.#listener.onState(state);
    this.#listener.onConnected(true);
  }
}
