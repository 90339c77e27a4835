import { expect, it } from 'vitest';
import { resolveProject } from '../../../src/config/index.ts';
import { exposureWarning } from '../../../src/emulator/exposure.ts';
import type { EngineKind } from '../../../src/events/index.ts';
import { digitsSample } from '../../helpers/temp-project.ts';

async function warning(flags: Record<string, unknown>, engine: EngineKind = 'native') {
  const config = await resolveProject({ directory: digitsSample, flags, variables: {} });
  return exposureWarning({
    config,
    engine,
    scoringUri: 'http://localhost:6789/score',
    httpUrl: 'http://127.0.0.1:8000',
  });
}

it('says nothing where only this machine is served', async () => {
  for (const host of ['127.0.0.1', 'localhost', '::1', '[::1]'])
    expect(await warning({ host })).toBeUndefined();
});

it('names what is open, and where', async () => {
  const text = await warning({ host: '192.168.7.5' });
  expect(text).toContain('http://192.168.7.5:6789/score and http://192.168.7.5:8000');
  expect(text).toContain('neither asks for a key');
  expect(text).not.toContain('load models');
  expect(await warning({ host: 'fd00::5' })).toContain('http://[fd00::5]:6789/score');
});

it.each(['0.0.0.0', '::', '[::]'])('never names %s as an address to open', async (host) => {
  const text = await warning({ host, auth: 'key' });
  expect(text).toMatch(/^other machines reach scoring and Triton on (0\.0\.0\.0|::)/);
  expect(text).not.toMatch(/http:\/\/(0\.0\.0\.0|\[::\])/);
  expect(text).toContain('scoring asks them for the key, Triton does not');
});

it('says that loading models is running code', async () => {
  const flags = { host: '0.0.0.0', modelControlMode: 'explicit' };
  expect(await warning(flags, 'native')).toContain('a Python model runs any code on this machine');
  expect(await warning(flags, 'docker')).toContain('a Python model runs any code in the container');
});
