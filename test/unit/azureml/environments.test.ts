import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { planEnvironment } from '../../../src/azureml/environment-plan.ts';
import {
  findEnvironment,
  listEnvironments,
  registerEnvironment,
  showEnvironment,
} from '../../../src/azureml/environments.ts';
import { AzureWorkspace } from '../../../src/workspace/index.ts';

let directory: string;
let workspace: AzureWorkspace;
const said: string[] = [];
const notify = (text: string) => said.push(text);
const find = (name: string, version?: string, registry?: string) =>
  findEnvironment(workspace, { name, version, registry }, notify);
beforeEach(async () => {
  said.length = 0;
  directory = await mkdtemp(path.join(os.tmpdir(), 'tl-env-'));
  workspace = await AzureWorkspace.open(path.join(directory, 'work.json'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('an environment by its name', () => {
  it('is the curated one', async () => {
    const environment = await find('AzureML-Triton');
    expect(environment).toMatchObject({ name: 'AzureML-Triton', python: { userManagedDependencies: false } });
    expect(said).toEqual([]);
  });

  it('that is unknown is taken for a clone of the curated one, with a warning', async () => {
    const environment = await find('My-Triton');
    expect(environment).toMatchObject({ name: 'My-Triton' });
    expect(said.join()).toContain('WARNING: environment "My-Triton" is not registered here');
  });

  it('is the registered one, the last version unless one is named', async () => {
    await registerEnvironment(workspace, { name: 'mine', python: { a: 1 }, ofLater: true });
    await registerEnvironment(workspace, { name: 'mine', python: { a: 2 } });
    expect(await find('mine')).toMatchObject({
      version: '2',
      python: { a: 2 },
    });
    expect(await find('mine', '1')).toMatchObject({
      ofLater: true,
      python: { a: 1 },
    });
    expect((await listEnvironments(workspace)).map((it) => `${it.name}:${it.version}`)).toEqual([
      'mine:1',
      'mine:2',
      'AzureML-Triton:1',
    ]);
  });

  it.each([
    ['sklearn-1.5', 'azureml', []],
    ['AzureML-sklearn-1.0-ubuntu20.04-py38-cpu', undefined, ['python=3.8', 'scikit-learn~=1.0.0']],
    ['minimal-py312-inference', 'azureml', ['python=3.12']],
    ['AzureML-ACPT-pytorch-1.13-py38-cuda11.7-gpu', undefined, ['python=3.8', 'torch~=1.13.0']],
    ['tensorflow-2.7-ubuntu20.04-py38-cuda11-gpu', 'azureml', ['python=3.8', 'tensorflow~=2.7.0']],
  ])('of Microsoft, %s, has what its name says, with a notice', async (name, registry, holds) => {
    const { conda } = await planEnvironment(await find(name, undefined, registry));
    const wanted = holds.length > 0 ? holds : ['scikit-learn~=1.5.0'];
    for (const line of wanted) expect(conda?.text).toContain(JSON.stringify(line));
    expect(said.join()).toContain(`environment "${name}" is built from its name`);
  });

  it('of a registry that says nothing is a clone of the curated one, with a warning', async () => {
    await find('my-env', '3', 'our-registry');
    expect(said.join()).toContain(
      'WARNING: environment "my-env" version 3 of registry our-registry cannot be read',
    );
  });

  it('of a registry may be registered here', async () => {
    await registerEnvironment(workspace, { name: 'sklearn-1.5', python: { a: 1 } });
    expect(await find('sklearn-1.5', undefined, 'azureml')).toMatchObject({ python: { a: 1 } });
    expect(said.join()).toContain('is replaced by the one registered here');
  });

  it('that is asked to be shown must be there', async () => {
    await expect(showEnvironment(workspace, 'nothing', undefined)).rejects.toMatchObject({
      code: 'ENVIRONMENT_NOT_FOUND',
      hint: expect.stringContaining('AzureML-Triton'),
    });
  });
});

describe('what an environment means here', () => {
  const withPip = (...pip: string[]) => ({
    python: { condaDependencies: { dependencies: ['python', { pip }] } },
  });

  it('the curated one is our own default', async () => {
    const curated = await find('AzureML-Triton');
    expect(await planEnvironment(curated)).toMatchObject({ conda: undefined, image: undefined });
  });

  it('what is added to it is installed beside what every script finds', async () => {
    const { conda } = await planEnvironment(
      withPip('azureml-defaults==1.33', 'tritonhttpclient', 'nltk', 'pillow>=9'),
    );
    expect(parse(conda?.text ?? '').dependencies).toEqual([
      { pip: ['numpy', 'tritonclient[http]', 'flask', 'inference-schema', 'nltk', 'pillow>=9'] },
    ]);
  });

  it('paths of a conda file count from it, and each line keeps its place', async () => {
    const file = path.join(directory, 'conda.yml');
    const lines = [
      'name: x',
      'dependencies:',
      '- python=3.8',
      '- scipy',
      '- pip:',
      '  - azureml-defaults',
      '  - ./a.whl',
      '  - -r more.txt',
      '  - nltk',
    ];
    await writeFile(file, lines.join('\n'));
    const { conda } = await planEnvironment({ python: { condaDependenciesFile: file } });
    const [, ...copied] = conda?.text.trim().split('\n') ?? [];
    expect(copied.slice(-3)).toEqual([
      `  - "${path.join(directory, 'a.whl')}"`,
      `  - "-r ${path.join(directory, 'more.txt')}"`,
      '  - "nltk"',
    ]);
    const places = conda?.sources.flatMap((place, index) =>
      place ? [[conda.text.split('\n')[index]?.trim(), place.line]] : [],
    );
    expect(places).toEqual([
      ['- "python=3.8"', 3],
      ['- "scipy"', 4],
      [`- "${path.join(directory, 'a.whl')}"`, 7],
      [`- "-r ${path.join(directory, 'more.txt')}"`, 8],
      ['- "nltk"', 9],
    ]);
  });

  it('a conda file is read, variables are texts, an image is for the docker engine', async () => {
    const file = path.join(directory, 'conda.yml');
    await writeFile(file, 'dependencies:\n- python=3.8\n- pip:\n  - nltk\n');
    const plan = await planEnvironment({
      python: { condaDependenciesFile: file },
      environmentVariables: { WORKER_COUNT: 2 },
      docker: { baseImage: 'triton:24.10' },
    });
    expect(plan).toMatchObject({ variables: { WORKER_COUNT: '2' }, image: 'triton:24.10' });
    expect(parse(plan.conda?.text ?? '').dependencies[0]).toBe('python=3.8');
  });
});
