import { mkdir, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerModel } from '../../../src/azureml/models.ts';
import { planOnline } from '../../../src/azureml/online-plan.ts';
import { AzureWorkspace } from '../../../src/workspace/index.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

const ROUTES = { liveness_route: { path: '/v2/health/live', port: 8000 } };

describe('a container with a server of its own', () => {
  let folder: TempFolder;
  let workspace: AzureWorkspace;
  beforeAll(async () => {
    folder = await TempFolder.create('tl-container-');
    workspace = await AzureWorkspace.open(folder.path('w.json'));
    await mkdir(folder.path('models', 'digits', '1'), { recursive: true });
    await writeFile(folder.path('models', 'digits', '1', 'model.onnx'), '');
    await registerModel(
      workspace,
      { ...MODEL, name: 'digits', path: folder.path('models') },
      () => undefined,
    );
    await mkdir(folder.path('context'));
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  const plan = (docker: object) => {
    const environment = { name: 'env', version: '1', docker, inference_config: ROUTES };
    return workspace
      .putEnvironment({ name: 'env', version: '1', definition: environment })
      .then(() =>
        planOnline(
          workspace,
          { name: 'blue', endpoint_name: 'abc', model: 'azureml:digits:1', environment: 'azureml:env:1' },
          { gpu: false, limited: true },
          () => undefined,
        ),
      );
  };

  it('runs here if it is Triton’s', async () => {
    const { models } = await plan({ baseImage: 'nvcr.io/nvidia/tritonserver:24.10-py3' });
    expect(models.map(({ name }) => name)).toEqual(['digits']);
  });

  it('is refused otherwise, with what to do instead', async () => {
    await expect(plan({ baseImage: 'docker.io/tensorflow/serving:latest' })).rejects.toMatchObject({
      code: 'AZUREML_REFUSED',
      message: expect.stringContaining('docker.io/tensorflow/serving:latest'),
      hint: expect.stringContaining('code_configuration'),
    });
  });

  it.each([
    ['FROM --platform=linux/amd64 nvcr.io/nvidia/tritonserver:24.10-py3\n', undefined],
    ['# ours\nFROM pytorch/torchserve:latest\n', 'pytorch/torchserve:latest'],
  ])('is known by the Dockerfile %j', async (text, refused) => {
    await writeFile(folder.path('context', 'Dockerfile'), text);
    const planned = plan({ baseImage: null, build: { path: folder.path('context') } });
    if (refused === undefined) await expect(planned).resolves.toBeDefined();
    else await expect(planned).rejects.toThrow(refused);
  });
});

const MODEL = {
  description: null,
  framework: 'Multi',
  frameworkVersion: null,
  tags: {},
  properties: {},
  runId: null,
  experimentName: null,
  sampleInputDatasetId: null,
  sampleOutputDatasetId: null,
  resourceConfiguration: null,
};
