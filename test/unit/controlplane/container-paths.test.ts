import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withCodePaths, withContainerPaths } from '../../../src/controlplane/endpoints/container-paths.ts';
import { AzureWorkspace } from '../../../src/workspace/index.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

describe('paths in the texts of a deployment', () => {
  let folder: TempFolder;
  let workspace: AzureWorkspace;
  beforeAll(async () => {
    folder = await TempFolder.create('tl-paths+(1)-');
    workspace = await AzureWorkspace.open(folder.path('w.json'));
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  const shown = (text: string) => withContainerPaths(text, workspace, 'abc', 'blue');

  it('are those of the container', () => {
    const directory = workspace.serviceDirectory('endpoints/abc/blue', 12);
    expect(
      shown(`load ${path.join(directory, 'app')}/azureml-models/m/1, see ${directory}/conda.yml:3`),
    ).toBe('load /var/azureml-app/azureml-models/m/1, see conda.yml:3');
  });

  it('stay if they are of another deployment', () => {
    const text = `${workspace.serviceDirectory('endpoints/abc/green', 1)}/app/score.py`;
    expect(shown(text)).toBe(text);
  });

  it('name the uploaded code relative to its folder', () => {
    expect(withCodePaths('File "/codes/x/code/score.py", line 4', '/codes/x/code')).toBe(
      'File "score.py", line 4',
    );
    expect(withCodePaths('no code', undefined)).toBe('no code');
  });
});
