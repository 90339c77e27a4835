import { describe, expect, it, vi } from 'vitest';
import { EventRelay } from '../../../src/cli/event-relay.ts';
import type { RemoteControl } from '../../../src/control/index.ts';

/** A connection that records what is asked through it, whatever the verb. */
function recordingControl() {
  const call = vi.fn(async (verb: PropertyKey, ...args: unknown[]) =>
    `${String(verb)} ${args.join()}`.trim(),
  );
  const remote = new Proxy({} as RemoteControl, {
    get: (_target, verb) => (argument: unknown) => call(verb, argument),
  });
  return { remote, call };
}

describe('a relay of events', () => {
  it('passes every verb and its argument to the emulator, and its answer back', async () => {
    const { remote, call } = recordingControl();
    const { subscribe: _, ...verbs } = new EventRelay(remote).control;
    for (const [name, verb] of Object.entries(verbs)) {
      const ask = verb as (argument?: string) => Promise<unknown>;
      expect(await ask('it')).toBe(`${name} it`);
    }
    expect(call.mock.calls.map(([verb]) => verb)).toEqual(Object.keys(verbs));
    expect(Object.keys(verbs)).toEqual(expect.arrayContaining(['state', 'stop', 'reload', 'skipDownload']));
  });

  it('rejects every verb while there is no emulator to ask', async () => {
    const { reload, state } = new EventRelay().control;
    await expect(reload('m')).rejects.toMatchObject({ code: 'NOT_RUNNING' });
    await expect(state()).rejects.toMatchObject({ code: 'NOT_RUNNING' });
  });
});
