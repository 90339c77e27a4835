import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  findEnvironment,
  listEnvironments,
  planEnvironment,
  registerEnvironment,
  showEnvironment,
} from '../../../src/azureml/environments.ts';
import { AzureWorkspace } from '../../../src/workspace/index.ts';

let directory: string;
let workspace: AzureWorkspace;
const said: string[] = [];
const say = (text: string) => said.push(text);
beforeEach(async () => {
  said.length = 0;
  directory = await mkdtemp(path.join(os.tmpdir(), 'tl-env-'));
  workspace = await AzureWorkspace.open(path.join(directory, 'work.json'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('an environment by its name', () => {
  it('is the curated one', async () => {
    const environment = await findEnvironment(workspace, 'AzureML-Triton', undefined, say);
    expect(environment).toMatchObject({ name: 'AzureML-Triton', python: { userManagedDependencies: false } });
    expect(said).toEqual([]);
  });

  it('that is unknown is taken for a clone of the curated one, with a warning', async () => {
    const environment = await findEnvironment(workspace, 'My-Triton', undefined, say);
    expect(environment).toMatchObject({ name: 'My-Triton' });
    expect(said.join()).toContain('WARNING: environment "My-Triton" is not registered here');
  });

  it('is the registered one, the last version unless one is named', async () => {
    await registerEnvironment(workspace, { name: 'mine', python: { a: 1 }, ofLater: true });
    await registerEnvironment(workspace, { name: 'mine', python: { a: 2 } });
    expect(await findEnvironment(workspace, 'mine', undefined, say)).toMatchObject({
      version: '2',
      python: { a: 2 },
    });
    expect(await findEnvironment(workspace, 'mine', '1', say)).toMatchObject({
      ofLater: true,
      python: { a: 1 },
    });
    expect((await listEnvironments(workspace)).map((it) => `${it.name}:${it.version}`)).toEqual([
      'mine:1',
      'mine:2',
      'AzureML-Triton:1',
    ]);
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
    const curated = await findEnvironment(workspace, 'AzureML-Triton', undefined, say);
    expect(await planEnvironment(curated)).toMatchObject({ conda: undefined, image: undefined });
  });

  it('what is added to it is installed beside what every script finds', async () => {
    const { conda } = await planEnvironment(
      withPip('azureml-defaults==1.33', 'tritonhttpclient', 'nltk', 'pillow>=9'),
    );
    expect(parse(conda ?? '').dependencies).toEqual([
      { pip: ['numpy', 'tritonclient[http]', 'flask', 'inference-schema', 'nltk', 'pillow>=9'] },
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
    expect(parse(plan.conda ?? '').dependencies[0]).toBe('python=3.8');
  });
});
