import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { EmulatorProcess } from '../helpers/emulator-process.ts';
import { TempFolder } from '../helpers/temp-project.ts';

const script = (version: number) => `import os
def init():
    global made_in
    made_in = os.getpid()
def run(data):
    return [${version}, os.getpid() != made_in, os.getppid() == made_in]
`;

it.skipIf(process.platform === 'win32')(
  'WORKER_PRELOAD forks the workers, and again after a save',
  async () => {
    await using folder = await TempFolder.create();
    const entryScript = path.join(folder.directory, 'score.py');
    await writeFile(entryScript, script(1));
    await using emulator = await EmulatorProcess.start({
      projectDir: folder.directory,
      args: ['--env', 'WORKER_PRELOAD=true', '--workers', '2'],
    });
    const { scoringUri } = await emulator.ready();
    const ask = async () => (await fetch(scoringUri, { method: 'POST', body: '' })).json();
    expect(await ask()).toEqual([1, true, true]);
    await writeFile(entryScript, script(2));
    await expect.poll(ask, { timeout: 30_000 }).toEqual([2, true, true]);
    expect(await emulator.stop()).toMatchObject({ leftovers: [] });
  },
);
