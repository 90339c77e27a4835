import { mkdir, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findTritonLayout, isTritonModel } from '../../../src/azureml/triton-layout.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

let folder: TempFolder;
beforeEach(async () => {
  folder = await TempFolder.create();
});
afterEach(() => folder[Symbol.asyncDispose]());

describe('a registered folder', () => {
  it('is a single model if it has a version or a configuration', async () => {
    await mkdir(folder.path('model/1'), { recursive: true });
    await mkdir(folder.path('configured'));
    await writeFile(folder.path('configured/config.pbtxt'), '');
    await mkdir(folder.path('saved-model/00000123'), { recursive: true });
    await writeFile(folder.path('file'), '');
    const names = ['model', 'configured', 'saved-model', 'file', 'absent', '.'];
    const answers = await Promise.all(names.map((name) => isTritonModel(folder.path(name))));
    expect(answers).toEqual([true, true, false, false, false, false]);
  });

  it('is a repository if it holds models; a single model is not one', async () => {
    await mkdir(folder.path('repository/model/1'), { recursive: true });
    expect(await findTritonLayout(folder.path('repository'))).toEqual({
      repository: folder.path('repository'),
      form: 'bare',
    });
    expect(await findTritonLayout(folder.path('repository/model'))).toBeUndefined();
  });
});
