import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAssetReference } from '../../../src/azureml/asset-reference.ts';
import { hasLabel } from '../../../src/azureml/labels.ts';
import { createModel } from '../../../src/azureml/model-yaml.ts';
import { findModel } from '../../../src/azureml/models.ts';
import { planOnline } from '../../../src/azureml/online-plan.ts';
import { findTritonLayout } from '../../../src/azureml/triton-layout.ts';
import { AzureWorkspace, idOf, type JsonObject } from '../../../src/workspace/index.ts';

let directory: string;
let workspace: AzureWorkspace;
const said: string[] = [];
const notify = (text: string) => said.push(text);
beforeEach(async () => {
  said.length = 0;
  directory = await mkdtemp(path.join(os.tmpdir(), 'tl-model-'));
  workspace = await AzureWorkspace.open(path.join(directory, 'work.json'));
  await write('models/m/1/model.onnx', 'one');
});
afterEach(() => rm(directory, { recursive: true }));

async function write(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.join(directory, file)), { recursive: true });
  await writeFile(path.join(directory, file), text);
}
const models = () => path.join(directory, 'models');
const plan = (model: JsonObject | string, more: JsonObject = {}) =>
  planOnline(
    workspace,
    { name: 'blue', endpoint_name: 'abc', model, ...more },
    { gpu: false, limited: false },
    notify,
  ).then(({ models: [one] }) => one && idOf(one));
const ids = async () => (await workspace.read()).models.map(idOf);

describe('the model of a deployment', () => {
  it('whose content is unchanged is the version that there is, also after another', async () => {
    const model = { path: models(), type: 'triton_model' };
    expect([await plan(model), await plan(model)]).toEqual(['abc-blue:1', 'abc-blue:1']);
    await write('models/m/1/model.onnx', 'two');
    expect([await plan(model), await plan(model)]).toEqual(['abc-blue:2', 'abc-blue:2']);
  });

  it.each([7, '7', '2024-01-31'])('has the requested version: %j', async (version) => {
    const model = { name: 'mine', version, path: models(), type: 'triton_model' };
    expect([await plan(model), await plan(model)]).toEqual([`mine:${version}`, `mine:${version}`]);
    expect(await plan(`azureml:mine:${version}`)).toBe(`mine:${version}`);
  });

  it('of a version with another content is refused, as the cloud does', async () => {
    const model = { name: 'mine', version: 1, path: models(), type: 'triton_model' };
    await plan(model);
    await write('models/m/1/model.onnx', 'two');
    await expect(plan(model)).rejects.toMatchObject({
      message: expect.stringContaining('The code asset mine:1 is already linked to an asset'),
    });
  });

  it.each([
    [{ code_configuration: { code: '.', scoring_script: 'nowhere.py' } }, 'No such file or directory'],
    [{ environment: { conda_file: { dependencies: [] } } }, 'needs a model of type triton_model'],
  ])('is not registered where %j is refused', async (more, message) => {
    const type = 'environment' in more ? 'custom_model' : 'triton_model';
    const model = { path: models(), type };
    const given = 'environment' in more ? {} : more;
    await expect(plan(model, given)).rejects.toMatchObject({ message: expect.stringContaining(message) });
    expect(await ids()).toEqual([]);
  });

  it('in a registry that cannot be reached is refused, unless it is registered here', async () => {
    const reference = 'azureml://registries/azureml/models/mine/versions/1';
    await expect(plan(reference)).rejects.toMatchObject({
      message: `model: the registry azureml cannot be reached: ${reference}`,
    });
    await plan({ name: 'mine', version: 1, path: models(), type: 'triton_model' });
    expect(await plan(reference)).toBe('mine:1');
    expect(said.join()).toContain(`WARNING: ${reference} is replaced by mine:1`);
  });

  it('may be a folder that is called "triton", or hold a model of that name', async () => {
    await write('triton/m/1/model.onnx', 'one');
    await plan({ path: path.join(directory, 'triton'), type: 'triton_model' });
    await write('both/triton/1/model.onnx', 'one');
    await plan({ path: path.join(directory, 'both'), type: 'triton_model' });
    expect(said.filter((text) => text.startsWith('WARNING'))).toEqual([]);
    expect(await findTritonLayout(path.join(directory, 'both'))).toMatchObject({ form: 'bare' });
    await write('v1/triton/m/1/model.onnx', 'one');
    await plan({ path: path.join(directory, 'v1'), type: 'triton_model' });
    expect(said.join()).toContain('without the folder "triton"');
  });
});

describe('names that every object has', () => {
  it.each(['constructor', 'toString', 'hasOwnProperty'])('%s is a name as any other', async (name) => {
    const flags = { name, path: models(), type: 'triton_model' };
    expect(await createModel(workspace, undefined, flags, [], notify)).toMatchObject({ id: `${name}:1` });
    expect(await createModel(workspace, undefined, flags, [], notify)).toMatchObject({ id: `${name}:2` });
    expect(idOf(await findModel(workspace, { name }))).toBe(`${name}:2`);
    expect(hasLabel({}, name)).toBe(false);
    expect(hasLabel({ [name]: 'x' }, `${name}=x`)).toBe(true);
  });
});

describe('a reference', () => {
  it.each([
    ['azureml:a:1', { name: 'a', version: '1' }],
    ['azureml:a@latest', { name: 'a', label: 'latest' }],
    ['azureml:a', { name: 'a' }],
    [
      'azureml://registries/azureml/environments/sklearn-1.5/labels/latest',
      { name: 'sklearn-1.5', label: 'latest', registry: 'azureml' },
    ],
    ['azureml://registries/r/models/m/versions/3', { name: 'm', version: '3', registry: 'r' }],
    [
      'azureml:/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/environments/e/versions/2',
      { name: 'e', version: '2' },
    ],
  ])('%s is taken apart', (text, parts) => {
    const nothing = { version: undefined, label: undefined, registry: undefined };
    expect(parseAssetReference(text)).toEqual({ ...nothing, ...parts });
  });

  it('is nothing else', () => expect(parseAssetReference('my-env')).toBeUndefined());
});
