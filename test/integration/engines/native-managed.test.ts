import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EmulatorProcess } from '../../helpers/emulator-process.ts';
import { digitsSample, TempFolder } from '../../helpers/temp-project.ts';

// pip installs 0.5 GB here, once.
const LIMIT_MS = 400_000;

describe.skipIf(process.platform !== 'linux')('the tritonserver that --engine native installs', () => {
  let folder: TempFolder;
  const started: EmulatorProcess[] = [];
  beforeEach(async () => {
    folder = await TempFolder.copyOf(digitsSample);
  });
  afterEach(async () => {
    for (const emulator of started.splice(0)) await emulator[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const up = async (...more: string[]) => {
    const emulator = await EmulatorProcess.start({
      projectDir: folder.directory,
      home: folder.path('home'),
      args: ['--engine', 'native', '--yes', '--grpc-port', '0', '--metrics-port', '0', ...more],
    });
    started.push(emulator);
    return emulator;
  };
  const isPip = ({ step }: { step: string }) => step === 'install';

  test(
    'is never left half-built, is built by one of two, and is found again',
    async () => {
      const interrupted = await up();
      await interrupted.waitFor('environment.progress', isPip, { limitMs: 60_000 });
      expect(await interrupted.stop('SIGINT')).toMatchObject({ code: 130, leftovers: [] });
      expect(await readdir(folder.path('home/environments'))).toEqual([]);

      const both = await Promise.all([up(), up('--id', 'second')]);
      const ready = await Promise.all(both.map((emulator) => emulator.ready(LIMIT_MS)));
      expect(ready).toHaveLength(2);
      const steps = both.flatMap(({ events }) =>
        events.flatMap((event) => (event.type === 'environment.progress' ? [event.step] : [])),
      );
      expect(steps.filter((step) => step === 'done')).toHaveLength(1);
      expect(steps).toContain('wait');
      for (const emulator of both) {
        expect(emulator.events).toContainEqual(
          expect.objectContaining({ type: 'engine.ready', kind: 'native', version: '2.51.0' }),
        );
      }
      await Promise.all(both.map((emulator) => emulator.stop()));
      expect(await both[0]?.leftovers()).toEqual([]);

      const again = await up();
      await again.ready();
      expect(again.events.filter(({ type }) => type === 'environment.progress')).toEqual([]);
    },
    LIMIT_MS,
  );
});
