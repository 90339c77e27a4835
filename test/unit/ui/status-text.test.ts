import { expect, it } from 'vitest';
import { type EventBody, EventBus, StateStore } from '../../../src/events/index.ts';
import { formatState } from '../../../src/ui/status-text.ts';
import { ready, reloaded, reloadFailed } from '../../helpers/story.ts';

function status(events: readonly EventBody[]): string {
  const bus = new EventBus();
  const store = new StateStore(bus);
  for (const event of events) bus.emit(event);
  return formatState(store.state);
}

it('shows the time of the last reload, and nothing about normal watching', () => {
  const text = status([...ready, { type: 'reload.watching', mode: 'events', reason: '' }, ...reloaded]);
  expect(text).toContain(
    'reload   completed in 132 ms: score.py (notice 2.6 ms + quiet 80 ms + warm 46 ms + switch 3.0 ms)',
  );
  expect(text).not.toContain('watching');
});

it('says why it polls, and what is broken where', () => {
  const reason = '/p is on a NFS file system';
  const text = status([...ready, { type: 'reload.watching', mode: 'polling', reason }, ...reloadFailed]);
  expect(text).toContain(`watching polling: ${reason}`);
  expect(text).toMatch(/^broken {3}score\.py:27: /m);
});

it('names every port that is open, and none that is not', () => {
  const open = ready.map((event) =>
    event.type === 'emulator.ready'
      ? { ...event, grpcAddress: '127.0.0.1:8001', metricsUrl: 'http://127.0.0.1:8002/metrics' }
      : event,
  );
  expect(status(open)).toMatch(
    /^Triton {3}http:.*\ngRPC {5}127\.0\.0\.1:8001\nmetrics {2}http:\/\/127\.0\.0\.1:8002\/metrics$/m,
  );
  expect(status(ready)).not.toMatch(/^(?:gRPC|metrics) /m);
});
