import { mkdir, readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { dropOtherPlatforms, progressText } from '../../../src/engines/embedded/onnxruntime.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

it('the progress of an install has a bar, bytes, speed and the time that is left', () => {
  expect(progressText(150e6, 10)).toBe('[##########..........] 150 of about 300 MB, 15 MB/s, 10 s left');
  expect(progressText(3e6, 1)).toMatch(/^\[\.{20}\] 3 of about 300 MB/);
  expect(progressText(400e6, 10)).toMatch(/^\[#{20}\] .* 0 s left$/);
});

it('an install keeps the part for this system, and fails if there is none', async () => {
  await using folder = await TempFolder.create();
  for (const part of ['darwin/arm64', 'linux/x64', 'linux/arm64', 'win32/x64', 'win32/arm64'])
    await mkdir(folder.path('napi-v6', part), { recursive: true });
  await dropOtherPlatforms(folder.directory, { platform: 'win32', arch: 'x64' });
  const left = await readdir(folder.path('napi-v6'), { recursive: true });
  expect(left.filter((name) => /64$/.test(name))).toEqual([expect.stringMatching(/^win32.x64$/)]);
  await expect(
    dropOtherPlatforms(folder.directory, { platform: 'darwin', arch: 'x64' }),
  ).rejects.toMatchObject({
    code: 'ONNXRUNTIME_INSTALL_FAILED',
    message: expect.stringContaining('has no build for darwin x64') as string,
  });
});
