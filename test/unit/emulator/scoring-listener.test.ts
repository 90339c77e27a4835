import { afterEach, describe, expect, it } from 'vitest';
import type { ProjectConfig } from '../../../src/config/index.ts';
import { ScoringListener, type ScoringListenerParts } from '../../../src/emulator/scoring-listener.ts';
import { freePorts } from '../../../src/engines/free-ports.ts';
import { initialState } from '../../../src/events/state.ts';

let listener: ScoringListener | undefined;
afterEach(async () => {
  await listener?.[Symbol.asyncDispose]();
  listener = undefined;
});

async function open(environment: Readonly<Record<string, string>>): Promise<string[]> {
  const logged: string[] = [];
  const config = {
    listen: { host: '127.0.0.1', port: 0 },
    script: { entryScript: '/p/score.py', sourceDirectory: '/p' },
    scoring: {
      corsOrigins: [],
      serverVersion: undefined,
      dialect: 'current',
      profile: 'none',
      limits: {},
      auth: 'none',
    },
    environment,
  } as unknown as ProjectConfig;
  const parts: ScoringListenerParts = {
    config,
    engine: () => undefined,
    console: () => undefined,
    source: {
      pool: () => undefined,
      failure: () => undefined,
      refusal: () => undefined,
      onScore: () => undefined,
      state: () => initialState,
    },
    readKeys: async () => [],
    events: { emit: (event) => void (event.type === 'log.line' && logged.push(event.text)) },
  };
  listener = await ScoringListener.open(parts);
  return logged;
}

describe('SEPERATE_HEALTH_ENDPOINT', () => {
  it('serves the same routes on a second port', async () => {
    const [port = 0] = await freePorts(1);
    const logged = await open({ SEPERATE_HEALTH_ENDPOINT: 'true', HEALTH_PORT: String(port) });
    expect(logged).toEqual([expect.stringContaining(`http://localhost:${port}/`)]);
    const answers = [`http://127.0.0.1:${port}/`, new URL('/', listener?.uri).href].map(async (url) =>
      (await fetch(url)).text(),
    );
    const [health, scoring] = await Promise.all(answers);
    expect(health).toBe(scoring);
  });

  it.each(['True', 'false', ''])('is off with %j, as in the real server', async (value) => {
    expect(await open({ SEPERATE_HEALTH_ENDPOINT: value })).toEqual([]);
  });
});
