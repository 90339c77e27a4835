import { expect, it } from 'vitest';
import { progressText } from '../../../src/engines/onnxruntime.ts';

it('the progress of an install has a bar, bytes, speed and the time that is left', () => {
  expect(progressText(150e6, 10)).toBe('[##########..........] 150 of about 300 MB, 15 MB/s, 10 s left');
  expect(progressText(3e6, 1)).toMatch(/^\[\.{20}\] 3 of about 300 MB/);
  expect(progressText(400e6, 10)).toMatch(/^\[#{20}\] .* 0 s left$/);
});
