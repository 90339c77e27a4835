import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withFileLock } from '../../src/base/index.ts';
import { type InstanceRecord, openWorkspace } from '../../src/workspace/index.ts';
import { checkoutCli } from '../helpers/emulator-process.ts';
import { isRunning } from '../helpers/leftovers.ts';
import { Load } from '../helpers/load.ts';
import { peerPython } from '../helpers/python.ts';
import { AzureCli } from './azure-cli.ts';
import { readHeldOut, scoreBody } from './digits.ts';

const DEPLOY = ['model', 'deploy', '-n', 'steady', '--dc', 'local.json', '--ic', 'ic.json', '--overwrite'];
const PATIENT = { timeout: 30_000, interval: 20 };

interface Service {
  readonly scoringUri: string;
  readonly port: string;
}

describe.skipIf(!peerPython)('a service that takes the place of another', () => {
  let az: AzureCli;
  let model: string[];
  beforeEach(async () => {
    az = await AzureCli.create();
    await az.write('local.json', { computeType: 'local' });
    await az.write('ic.json', { entryScript: 'score.py', sourceDirectory: '.' });
    model = ['-m', await az.registerModel()];
  });
  afterEach(() => az[Symbol.asyncDispose]());

  const instances = async (): Promise<readonly InstanceRecord[]> => (await openWorkspace(az.home)).list();
  /** Deployments wait before they write their record. */
  const whileNoneRecords = (task: () => Promise<void>) =>
    withFileLock(`${stateFile()}.lock`, new AbortController().signal, () => undefined, task);
  const stateFile = () => path.join(az.home, 'workspace', 'default.json');

  it('loses no request of a steady client, and answers alone from then on', async () => {
    await az.project.saveEdition('first');
    const { scoringUri: url } = await az.json<Service>(...DEPLOY, ...model);
    const [image = []] = (await readHeldOut()).images;
    await using load = new Load({ url, body: scoreBody(image), requestsPerSecond: 50 });
    await load.waitFor(({ body }) => body.includes('first'), 0);
    await az.project.saveEdition('second');
    const after = await az.json<Service>(...DEPLOY, ...model);
    const since = performance.now();
    await load.waitFor(({ body }) => body.includes('second'), since);
    await load.stop();
    expect(after.scoringUri).toBe(url);
    expect(load.failures).toEqual([]);
    const late = load.answers.filter(({ sentAt }) => sentAt >= since);
    expect(late.filter(({ body }) => !body.includes('second'))).toEqual([]);
    expect(await instances()).toHaveLength(1);
  });

  it('restores the port if it cannot be recorded', async () => {
    const { scoringUri, port } = await az.json<Service>(...DEPLOY, ...model);
    const [before] = await instances();
    const good = await readFile(stateFile());
    let deploying: ReturnType<AzureCli['run']> | undefined;
    await whileNoneRecords(async () => {
      deploying = az.run(...DEPLOY, ...model);
      const holders = async () => (await instances()).filter((it) => it.scoringUri === scoringUri);
      await expect.poll(async () => (await holders())[0]?.pid, PATIENT).not.toBe(before?.pid);
      await expect.poll(async () => (await holders()).length, PATIENT).toBe(1);
      await writeFile(stateFile(), 'damaged');
    });
    expect((await deploying)?.code).toBe(1);
    await writeFile(stateFile(), good);
    expect(await instances()).toEqual([expect.objectContaining({ pid: before?.pid, scoringUri })]);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
  });

  it('cleans up if its deployment is killed before its record', async () => {
    const [program = '', ...args] = [...checkoutCli, ...DEPLOY, ...model];
    await whileNoneRecords(async () => {
      const options = { cwd: az.project.directory, env: az.environment, stdio: 'ignore' } as const;
      const deploying = spawn(program, args, options);
      // It is ready once it has moved from any port to one of the services'.
      const readyPid = async () =>
        (await instances()).find(({ scoringUri }) => Number(new URL(scoringUri).port) < 7_000)?.pid;
      await expect.poll(readyPid, PATIENT).toBeDefined();
      const pid = await readyPid();
      deploying.kill('SIGKILL');
      await once(deploying, 'exit');
      await expect.poll(() => isRunning(pid ?? 0), PATIENT).toBe(false);
    });
    expect(await az.json('service', 'list')).toEqual([]);
    expect(await az.json('ps', '--json')).toEqual([]);
  });

  it('ends what runs of the service but is not in its record', async () => {
    await az.json<Service>(...DEPLOY, ...model);
    const state = JSON.parse(await readFile(stateFile(), 'utf8'));
    await writeFile(stateFile(), JSON.stringify({ ...state, services: [] }));
    const [unknown] = await instances();
    await az.json<Service>(...DEPLOY, ...model);
    const [known, ...others] = await instances();
    expect(others).toEqual([]);
    expect(known?.pid).not.toBe(unknown?.pid);
  });
});
