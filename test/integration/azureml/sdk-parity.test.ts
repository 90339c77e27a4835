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
const LEAST_SHARE = 0.99;

/** Runs a program of this folder and parses what it prints; `ours` puts our azureml in front. */
async function run(program: string, ours: boolean, home: string, ...args: string[]): Promise<unknown> {
  const environment = {
    ...process.env,
    TRITON_LOCAL_HOME: home,
    TRITON_LOCAL_CLI: JSON.stringify(checkoutCli),
    TRITON_LOCAL_HARNESS: path.join(repositoryRoot, 'src/python/harness'),
    ...(ours && { PYTHONPATH: path.join(repositoryRoot, 'src/azureml/sdk'), PYTHONDONTWRITEBYTECODE: '1' }),
  };
  const file = path.join(repositoryRoot, 'test/integration/azureml', program);
  const python = ours ? (peerPython ?? '') : (realPython ?? '');
  const { stdout } = await promisify(execFile)(python, [file, ...args], {
    cwd: path.join(home, '..', 'project'),
    env: environment,
    timeout: 60_000,
    maxBuffer: 16 << 20,
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

  it('has an answer for every public name of every public module', async () => {
    const home = folder.path('home');
    const real = (await run('modules.py', false, home)) as Readonly<Record<string, readonly string[]>>;
    expect(Object.keys(real).length).toBeGreaterThan(70);
    await writeFile(folder.path('modules.json'), JSON.stringify(real));
    const ours = (await run('modules.py', true, home, folder.path('modules.json'))) as Members;
    const answers = Object.entries(ours).flatMap(([module, names]) =>
      Object.entries(names).map(([name, answer]) => `${module}.${name}: ${answer}`),
    );
    const told = /: there$|\bis not emulated by triton-local: \S/;
    expect(answers.filter((answer) => !told.test(answer))).toEqual([]);
    process.stdout.write(
      `azureml-core: ${answers.length} public names, ${answers.filter((it) => it.endsWith(': there')).length} of them here\n`,
    );
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
