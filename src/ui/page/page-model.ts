import {
  type EmulatorEvent,
  type EmulatorState,
  type EventOf,
  initialState,
  LogStore,
  reduce,
} from '../../events/index.ts';
import { Traffic } from './traffic.ts';

/** A reload that has ended. */
export type EndedReload = EventOf<'reload.completed' | 'reload.failed'>;

const MOST_RELOADS = 20;
const LOG_LIMITS = { lines: 5_000, bytes: 4 * 1024 * 1024 };

/** Everything that the page shows, folded from the events as on the screen; it knows no DOM. */
export class PageModel {
  state: EmulatorState = initialState;
  readonly logs = new LogStore(LOG_LIMITS);
  readonly traffic = new Traffic();
  /** The newest first. */
  reloads: readonly EndedReload[] = [];
  /** Increases with each request that was answered. */
  requestVersion = 0;

  receive(event: EmulatorEvent): void {
    this.traffic.receive(event);
    switch (event.type) {
      case 'log.line':
        this.logs.append(event);
        return;
      case 'scoring.request':
      case 'engine.requests':
        this.requestVersion += 1;
        return;
      case 'reload.completed':
      case 'reload.failed':
        this.reloads = [event, ...this.reloads].slice(0, MOST_RELOADS);
        break;
      default:
    }
    this.adopt(reduce(this.state, event));
  }

  /** Takes over a state, unless it is older than ours. */
  adopt(state: EmulatorState): void {
    if (state.seq >= this.state.seq) this.state = state;
  }
}
