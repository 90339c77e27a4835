import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { selectInstance } from '../../../src/cli/instances.ts';
import type { InstanceRecord } from '../../../src/workspace/index.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

describe('the emulator that a command means', () => {
  let folder: TempFolder;
  beforeEach(async () => {
    folder = await TempFolder.create();
    await mkdir(folder.path('project/models/one'), { recursive: true });
    await mkdir(folder.path('other'));
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  const runs = (project: string, id: string, name: string | null = null): InstanceRecord => ({
    kind: 'emulator',
    id,
    name,
    pid: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
    projectDir: folder.path(project),
    scoringUri: `http://localhost/${id}`,
    httpUrl: '',
    eventLog: null,
    controlSocket: '',
  });
  const select = (running: InstanceRecord[], cwd: string, directory?: string, id?: string) =>
    selectInstance(running, { directory, id }, folder.path(cwd)).id;
  const refusal = (...args: Parameters<typeof select>) => {
    try {
      return select(...args);
    } catch (error) {
      return error;
    }
  };

  it('is that of the nearest project at or above the working directory', () => {
    const running = [runs('project', 'a'), runs('other', 'b')];
    expect(select(running, 'project')).toBe('a');
    expect(select(running, 'project/models/one')).toBe('a');
    expect(select(running, 'other')).toBe('b');
  });

  it('is never that of another project, though it is the only one that runs', () => {
    expect(refusal([runs('project', 'a')], 'other')).toMatchObject({
      code: 'NOT_RUNNING',
      message: `no emulator runs for ${folder.path('other')}`,
      hint: expect.stringContaining(`${folder.path('project')} (--id a)`),
    });
  });

  it('is not that of a folder above the project file of this one', async () => {
    await writeFile(folder.path('project/models/triton-local.yaml'), '');
    expect(refusal([runs('project', 'a')], 'project/models/one')).toMatchObject({ code: 'NOT_RUNNING' });
  });

  it('is that of the folder that is named, and of no folder around it', async () => {
    const running = [runs('project', 'a')];
    expect(select(running, 'other', '../project')).toBe('a');
    expect(select(running, 'other', '../project/model.onnx')).toBe('a');
    expect(refusal(running, 'project', 'models')).toMatchObject({ code: 'NOT_RUNNING' });
    await symlink(folder.path('project'), folder.path('link'));
    expect(select(running, 'other', '../link')).toBe('a');
  });

  it('is chosen by its id if a folder has several', () => {
    const running = [runs('project', 'a'), runs('project', 'b', 'second'), runs('other', 'c', 'third')];
    const refused = refusal(running, 'project');
    expect(refused).toMatchObject({
      code: 'SEVERAL_RUNNING',
      hint: expect.stringMatching(/\ba \(.*second \(/),
    });
    expect(select(running, 'project', undefined, 'second')).toBe('b');
    expect(select(running, 'project', undefined, 'a')).toBe('a');
    expect(select(running, 'project', undefined, 'third')).toBe('c');
    expect(refusal(running, 'other', folder.path('project'), 'third')).toMatchObject({ code: 'NOT_RUNNING' });
  });

  it('with a name that several projects use is that of this project', () => {
    const running = [runs('project', 'a', 'blue'), runs('other', 'b', 'blue')];
    expect(select(running, 'other', undefined, 'blue')).toBe('b');
    expect(refusal(running, '.', undefined, 'blue')).toMatchObject({ code: 'SEVERAL_RUNNING' });
  });
});
