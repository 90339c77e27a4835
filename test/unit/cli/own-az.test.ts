import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { azCommand, findAz } from '../../../src/cli/azure/own-az.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

describe("the user's own az", () => {
  it.skipIf(process.platform === 'win32')('is the first that is not in our folder', async () => {
    await using folder = await TempFolder.create();
    const ours = folder.path('ours');
    for (const [name, mode] of [
      ['az', 0o755],
      ['az.cmd', 0o755],
    ] as const)
      await writeFile(folder.path(name), '', { mode });
    const searched = `${ours}:${folder.path('none')}::${folder.directory}`;
    expect(findAz(searched, ours, 'linux')).toBe(folder.path('az'));
    expect(findAz(`${folder.directory}${path.sep}`, folder.directory, 'linux')).toBeUndefined();
    expect(findAz(`${ours};${folder.directory}`, ours, 'win32')).toBe(folder.path('az.cmd'));
  });

  it('gets its arguments as they were given', () => {
    const args = ['rest', '--body', '{"a": 1}', '--url', 'https://x/?a=b&c'];
    expect(azCommand('/bin/az', args, 'linux')).toEqual({ program: '/bin/az', args, shell: false });
    expect(azCommand('C:\\Program Files\\az.cmd', args, 'win32')).toEqual({
      program: '"C:\\Program Files\\az.cmd"',
      args: ['rest', '--body', '"{""a"": 1}"', '--url', '"https://x/?a=b&c"'],
      shell: true,
    });
  });
});
