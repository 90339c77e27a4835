import { expect, it } from 'vitest';
import { DownloadProgress } from '../../../src/python/download-progress.ts';

it('turns numbers of pip into bytes, speed and time left', () => {
  let now = 0;
  const progress = new DownloadProgress(() => now);
  const read = (after: number, line: string) => {
    now += after;
    return progress.read(line);
  };
  expect(read(0, 'Collecting torch')).toBe('Collecting torch');
  expect(read(0, '  Downloading https://index/torch-2.4.0-cp311-none-any.whl (797.0 MB)')).toBe(
    '  Downloading torch-2.4.0-cp311-none-any.whl (797.0 MB)',
  );
  expect(read(0, 'Progress 0 of 797000000')).toBe('torch 2.4.0: 0.0 of 797 MB');
  expect(read(100, 'Progress 1000000 of 797000000')).toBeUndefined();
  expect(read(900, 'Progress 97000000 of 797000000')).toBe('torch 2.4.0: 97 of 797 MB, 97 MB/s, 8 s left');
  expect(read(1, 'Progress 797000000 of 797000000')).toBe('torch 2.4.0: 797 of 797 MB');
});
