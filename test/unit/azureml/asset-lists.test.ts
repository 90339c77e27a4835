import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  archiveAsset,
  createModel,
  listEnvironments,
  listModels,
  registerEnvironment,
  showEnvironment,
  showModel,
} from '../../../src/azureml/index.ts';
import { AzureWorkspace } from '../../../src/workspace/index.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

let folder: TempFolder;
let workspace: AzureWorkspace;
beforeEach(async () => {
  folder = await TempFolder.create();
  workspace = await AzureWorkspace.open(folder.path('workspace.json'));
  for (const text of ['1', '2']) {
    await writeFile(folder.path('model.bin'), text);
    const flags = { name: 'digits', path: folder.path('model.bin') };
    await createModel(workspace, undefined, flags, [], () => undefined);
    await registerEnvironment(workspace, { name: 'env', docker: { baseImage: text } });
  }
});
afterEach(() => folder[Symbol.asyncDispose]());

it('leaves an archived version of a model out of lists, and finds it by its version', async () => {
  await archiveAsset(workspace, 'models', 'digits', '2', true);
  expect(await listModels(workspace, {})).toMatchObject([{ id: 'digits:1' }]);
  expect(await listModels(workspace, { view: 'ArchivedOnly' })).toMatchObject([{ id: 'digits:2' }]);
  expect(await listModels(workspace, { view: 'All' })).toMatchObject([
    { id: 'digits:2' },
    { id: 'digits:1' },
  ]);
  expect(await showModel(workspace, { name: 'digits' })).toMatchObject({ id: 'digits:1' });
  expect(await showModel(workspace, { id: 'digits:2' })).toMatchObject({ id: 'digits:2' });
  await archiveAsset(workspace, 'models', 'digits', '2', false);
  expect(await showModel(workspace, { name: 'digits' })).toMatchObject({ id: 'digits:2' });
});

it('archives all versions of an environment', async () => {
  const names = async () => (await listEnvironments(workspace)).map(({ name }) => name);
  await archiveAsset(workspace, 'environments', 'env', undefined, true);
  expect(await names()).toEqual(['AzureML-Triton']);
  expect(await showEnvironment(workspace, 'env', '2')).toMatchObject({ docker: { baseImage: '2' } });
  await expect(archiveAsset(workspace, 'environments', 'env', '2', false)).rejects.toMatchObject({
    code: 'AZUREML_REFUSED',
    message: 'All versions of env are archived: restore env without a version first.',
  });
  await archiveAsset(workspace, 'environments', 'env', undefined, false);
  expect(await names()).toEqual(['env', 'env', 'AzureML-Triton']);
});

it.each([
  ['models', undefined, 'MODEL_NOT_FOUND'],
  ['models', '9', 'MODEL_NOT_FOUND'],
  ['environments', '9', 'ENVIRONMENT_NOT_FOUND'],
] as const)('archives none of %s that does not exist (version %s)', async (kind, version, code) => {
  await expect(archiveAsset(workspace, kind, 'other', version, true)).rejects.toMatchObject({ code });
});
