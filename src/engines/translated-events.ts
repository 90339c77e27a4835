import type { EventSink } from '../events/index.ts';

/** Passes events on with the paths in an engine's log lines and reasons translated. */
export function translateEvents(events: EventSink, translate: (text: string) => string): EventSink {
  return {
    emit(event) {
      switch (event.type) {
        case 'log.line':
          events.emit({ ...event, text: translate(event.text) });
          return;
        case 'model.state':
        case 'engine.exited':
          events.emit({ ...event, reason: translate(event.reason) });
          return;
        default:
          events.emit(event);
      }
    },
  };
}
