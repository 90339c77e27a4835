import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { checkoutCli, EmulatorProcess } from '../helpers/emulator-process.ts';
import { TempFolder } from '../helpers/temp-project.ts';

const SCRIPT = `from azureml.monitoring import ModelDataCollector
def init():
    global inputs
    inputs = ModelDataCollector("digits", designation="inputs", feature_names=["a", "b"])
def run(data):
    inputs.collect([1, data])
`;

it('lists what a script has collected, and shows it', async () => {
  await using folder = await TempFolder.create();
  await writeFile(path.join(folder.directory, 'score.py'), SCRIPT);
  const home = path.join(folder.directory, 'home');
  const data = (...args: string[]) => {
    const [node = '', ...cli] = checkoutCli;
    return spawnSync(node, [...cli, 'data', '--dir', folder.directory, ...args], {
      env: { ...process.env, TRITON_LOCAL_HOME: home },
      encoding: 'utf8',
    });
  };
  expect(data().stdout).toMatch(/^nothing has been collected; .*AML_MODEL_DC_STORAGE_ENABLED=true/);

  await using emulator = await EmulatorProcess.start({
    projectDir: folder.directory,
    home,
    args: ['--env', 'AML_MODEL_DC_STORAGE_ENABLED=true', '--no-watch'],
  });
  const { scoringUri } = await emulator.ready();
  expect((await fetch(scoringUri, { method: 'POST', body: 'mine' })).status).toBe(200);
  await emulator.stop();

  const [file] = JSON.parse(data('--json').stdout);
  expect(file.path).toMatch(
    /^modeldata\/default\/default\/default\/default\/digits\/default\/inputs\/.*\/inputs\.csv$/,
  );
  expect(data().stdout).toContain(file.path);
  expect(data('inputs.csv').stdout).toMatch(/^a,b,\$aml_dc_correlation_id,.*\r\n1,mine,/);
  expect(data('other.csv')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('no file other.csv'),
  });
});
