import type { RequestListener } from 'node:http';
import type { Control } from '../control/index.ts';
import type { EventHistory, RequestHistory, RequestMeter } from '../events/index.ts';
import type { StatusSource } from './status-document.ts';

/** What the page can do; the emulator carries it out. */
export type ConsoleActions = Pick<Control, 'reload' | 'pause' | 'resume' | 'pin' | 'unpin'>;

/** What the console reads from the emulator, and what it asks of it. */
export interface ConsoleSource extends StatusSource {
  readonly history: EventHistory;
  readonly requests: RequestHistory;
  /** Records what the page sends to the engine. */
  readonly meter: RequestMeter;
  readonly actions: ConsoleActions;
  /** A body to try the script with, as text or `@` and a file; undefined until there is one. */
  sample(): string | undefined;
  /** Answers `/v2/...`: the engine's own listener, or the gateway's in front of it. */
  readonly engine: RequestListener;
}
