import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EventBus } from '../../../src/events/index.ts';
import { openPackedEnvironment } from '../../../src/python/index.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

const signal = new AbortController().signal;

/** A folder like an environment: a link to Node stands for its Python. */
function layEnvironment(directory: string): void {
  mkdirSync(path.join(directory, 'bin'), { recursive: true });
  symlinkSync(process.execPath, path.join(directory, 'bin/python'));
}

describe.skipIf(process.platform === 'win32')('a packed environment', () => {
  it('is unpacked once, and found again by its content', async () => {
    await using folder = await TempFolder.create();
    layEnvironment(folder.path('made'));
    const archive = folder.path('env.tar.gz');
    execFileSync('tar', ['-czf', archive, '-C', folder.path('made'), '.']);
    const events = new EventBus();
    const steps: string[] = [];
    events.subscribe((event) => {
      if (event.type === 'environment.progress') steps.push(event.step);
    });
    const open = () => openPackedEnvironment(archive, folder.path('home'), { PATH: '/bin' }, events, signal);
    const [first, second] = await Promise.all([open(), open()]);
    expect(second).toEqual(first);
    expect((await open()).interpreter).toBe(first.interpreter);
    expect(steps.filter((step) => step === 'unpack')).toEqual(['unpack']);
    const directory = path.dirname(path.dirname(first.interpreter));
    expect(first.environment).toEqual({
      PATH: `${directory}/bin:/bin`,
      VIRTUAL_ENV: directory,
      CONDA_PREFIX: directory,
    });
    const left = readdirSync(folder.path('home/environments')).filter((name) => !name.endsWith('.lock'));
    expect(left).toEqual([path.basename(directory)]);
  });

  it('may be a folder', async () => {
    await using folder = await TempFolder.create();
    layEnvironment(folder.path('env'));
    const opened = await openPackedEnvironment(
      folder.path('env'),
      folder.path('home'),
      {},
      new EventBus(),
      signal,
    );
    expect(opened.interpreter).toBe(folder.path('env/bin/python'));
  });

  it.each([
    ['missing', 'there is nothing'],
    ['no-archive', 'cannot be used'],
    ['empty', 'it has no bin/python'],
  ])('that is %s is refused with what is wrong', async (name, why) => {
    await using folder = await TempFolder.create();
    writeFileSync(folder.path('no-archive'), 'text');
    mkdirSync(folder.path('empty'));
    const opening = openPackedEnvironment(folder.path(name), folder.path('home'), {}, new EventBus(), signal);
    await expect(opening).rejects.toMatchObject({
      code: 'EXECUTION_ENVIRONMENT',
      message: expect.stringContaining(why),
    });
  });
});
