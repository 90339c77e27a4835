import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDocument } from '../../../src/azureml/document.ts';
import { registerModel } from '../../../src/azureml/models.ts';
import { type DeployRequest, planService } from '../../../src/azureml/service-plan.ts';
import { AzureWorkspace } from '../../../src/workspace/index.ts';

let directory: string;
let workspace: AzureWorkspace;
const said: string[] = [];
const say = (text: string) => said.push(text);
beforeEach(async () => {
  said.length = 0;
  directory = await mkdtemp(path.join(os.tmpdir(), 'tl-plan-'));
  workspace = await AzureWorkspace.open(path.join(directory, 'work.json'));
  await mkdir(path.join(directory, 'models/triton/identity/1'), { recursive: true });
  await writeFile(path.join(directory, 'models/triton/identity/1/model.onnx'), 'weights');
  await mkdir(path.join(directory, 'scripts'));
  await writeFile(path.join(directory, 'scripts/score.py'), 'def init(): pass\ndef run(d): return d\n');
});
afterEach(() => rm(directory, { recursive: true }));

const register = (framework: string, folder = 'models', name = 'my_model') =>
  registerModel(
    workspace,
    {
      name,
      path: path.join(directory, folder),
      description: null,
      framework,
      frameworkVersion: null,
      tags: {},
      properties: {},
      runId: null,
      experimentName: null,
      sampleInputDatasetId: null,
      sampleOutputDatasetId: null,
      resourceConfiguration: null,
    },
    say,
  );

const plan = (request: Partial<DeployRequest>) =>
  planService(
    workspace,
    {
      name: 'my-service',
      models: [{ id: 'my_model:1' }],
      inferenceConfig: undefined,
      inferenceFlags: {},
      environmentName: undefined,
      environmentVersion: undefined,
      environmentDirectory: undefined,
      deploymentConfig: undefined,
      deploymentFlags: { computeType: 'local' },
      computeTarget: undefined,
      overwrite: false,
      description: null,
      tags: {},
      properties: {},
      ...request,
    },
    say,
  );

async function inferenceConfig(content: unknown) {
  const file = path.join(directory, 'inference-config.json');
  await writeFile(file, JSON.stringify(content));
  return readDocument(file, '--inference-config-file');
}
const scripts = () => path.join(directory, 'scripts');

describe('a no-code deployment', () => {
  it('takes one model of the framework Multi', async () => {
    await register('Multi');
    const { inference, models } = await plan({});
    expect([inference, models.map(({ name }) => name)]).toEqual([undefined, ['my_model']]);
  });

  it('accepts neither a model of another framework nor several models', async () => {
    await register('Custom');
    await expect(plan({})).rejects.toThrow(
      "You must provide an InferenceConfig when deploying a model with model_framework set to Custom. Default environments are only provided for these frameworks: ['Onnx', 'ScikitLearn', 'TensorFlow', 'Multi'].",
    );
    await expect(plan({ models: [{ id: 'my_model:1' }, { id: 'my_model:1' }] })).rejects.toThrow(
      'You must provide an InferenceConfig when deploying zero or multiple models.',
    );
  });

  it('says at once what Triton in the cloud says of a folder without "triton"', async () => {
    await register('Multi', 'scripts');
    expect(said.join('\n')).toContain('WARNING: "scripts" holds no folder "triton"');
    await expect(plan({})).rejects.toMatchObject({
      message:
        'error: creating server: Internal - failed to stat file /var/azureml-app/azureml-models/my_model/1/scripts/triton',
      hint: expect.stringContaining("register that folder's parent"),
    });
  });

  it('takes the folder "triton" itself, with a warning of what the cloud does', async () => {
    await register('Multi', 'models/triton');
    expect(said.join('\n')).toContain('failed to stat file .../triton/triton');
    expect((await plan({})).models).toHaveLength(1);
  });
});

describe('a name of a service', () => {
  it.each(['my_service', 'My-service', 'ab', 'a'.repeat(33), '1abc', 'abc-'])(
    '%s is refused',
    async (name) => {
      await expect(plan({ name })).rejects.toThrow('Error, provided service name is invalid.');
    },
  );
});

describe('an inference configuration', () => {
  beforeEach(() => register('Multi'));

  it('with a source directory names the script relative to it', async () => {
    const { inference } = await plan({
      inferenceConfig: await inferenceConfig({ entryScript: 'score.py', sourceDirectory: scripts() }),
    });
    expect(inference).toMatchObject({
      sourceDirectory: scripts(),
      entryScript: path.join(scripts(), 'score.py'),
    });
  });

  it('may be given by flags alone', async () => {
    const { inference } = await plan({
      inferenceFlags: { entryScript: 'score.py', sourceDirectory: scripts() },
    });
    expect(inference?.entryName).toBe('score.py');
  });

  // The texts are azureml-core 1.61.0's.
  it.each([
    [{}, 'Error, need to specify entry_script.'],
    [
      { entryScript: 'none.py' },
      /^entry_script .*none\.py doesn't exist\. entry_script should be path relative/,
    ],
    [{ entryScript: 'README.md' }, 'Invalid driver type. Currently only Python drivers are supported.'],
    [{ entryScript: 'my-score.py' }, 'Error, invalid name "my-score" for provided entry script.'],
    [{ entryScript: 'score.py', runtime: 'ruby' }, 'Provided runtime not supported. Possible runtimes are: '],
    [{ entryScript: 'score.py', cudaVersion: '11' }, 'Provided cuda_version not supported.'],
    [
      { entryScript: 'score.py', condaFile: 'conda.yml', environment: { name: 'a' } },
      'Error, unable to provide runtime, conda_file, extra_docker_file_steps, enable_gpu, cuda_version, or base_image along with an environment object.',
    ],
  ])('%j is refused in the words of azureml-core', async (content, message) => {
    for (const name of ['README.md', 'my-score.py']) await writeFile(path.join(scripts(), name), '');
    const document = await inferenceConfig({ sourceDirectory: scripts(), ...content });
    await expect(plan({ inferenceConfig: document })).rejects.toThrow(message);
  });

  it('without a source directory that is there is refused', async () => {
    const document = await inferenceConfig({ entryScript: 'score.py', sourceDirectory: '/no/where' });
    await expect(plan({ inferenceConfig: document })).rejects.toMatchObject({
      message: "source directory /no/where doesn't exist. ",
      location: { line: 1 },
    });
  });
});
