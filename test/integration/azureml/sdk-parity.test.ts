import { execFile } from 'node:child_process';
import { cp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkoutCli } from '../../helpers/emulator-process.ts';
import { peerPython } from '../../helpers/python.ts';
import { digitsSample, repositoryRoot, TempFolder } from '../../helpers/temp-project.ts';

const realPython = process.env.TRITON_LOCAL_TEST_AZUREML;
/** What we have to have of the members that azureml-core has. */
const LEAST_SHARE = 0.95;

/** Runs a program of this folder and parses what it prints; `ours` puts our azureml in front. */
async function run(program: string, ours: boolean, home: string, ...args: string[]): Promise<unknown> {
  const environment = {
    ...process.env,
    TRITON_LOCAL_HOME: home,
    TRITON_LOCAL_CLI: JSON.stringify(checkoutCli),
    ...(ours && { PYTHONPATH: path.join(repositoryRoot, 'src/azureml/sdk'), PYTHONDONTWRITEBYTECODE: '1' }),
  };
  const file = path.join(repositoryRoot, 'test/integration/azureml', program);
  const python = ours ? (peerPython ?? '') : (realPython ?? '');
  const { stdout } = await promisify(execFile)(python, [file, ...args], {
    env: environment,
    timeout: 60_000,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

type Members = Readonly<Record<string, Readonly<Record<string, string>>>>;

describe.skipIf(!realPython || !peerPython)('our azureml.core beside the real one', () => {
  let folder: TempFolder;
  beforeAll(async () => {
    folder = await TempFolder.create();
    await cp(digitsSample, folder.path('project'), { recursive: true });
    await writeFile(folder.path('project/README.md'), '');
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  it('has nearly all of its members with the same signatures, and lacks none', async () => {
    const home = folder.path('home');
    const [real, ours] = (await Promise.all([
      run('members.py', false, home),
      run('members.py', true, home),
    ])) as [Members, Members];
    const all = Object.entries(real).flatMap(([name, members]) =>
      Object.entries(members).map(([member, signature]) => ({
        member: `${name}.${member}`,
        signature,
        given: ours[name]?.[member],
      })),
    );
    const equal = all.filter(({ signature, given }) => given === signature);
    const share = equal.length / all.length;
    process.stdout.write(
      `azureml-core: ${equal.length} of ${all.length} members equal (${(share * 100).toFixed(1)} %)\n`,
    );
    expect(all.filter(({ given }) => given === undefined).map(({ member }) => member)).toEqual([]);
    expect(share).toBeGreaterThanOrEqual(LEAST_SHARE);
  });

  it('refuses what it refuses, in the same words', async () => {
    const home = folder.path('home');
    const args = [folder.path('project')];
    const [real, ours] = await Promise.all([
      run('refusals.py', false, home, ...args),
      run('refusals.py', true, home, ...args),
    ]);
    expect(ours).toEqual(real);
  });
});
