import { describe, expect, it } from 'vitest';
import { imageInput, imageLayout, inferBody, sampleInput } from '../../../../src/ui/page/try/tensors.ts';

const tensor = (shape: readonly number[], datatype = 'FP32') => ({ name: 'x', datatype, shape });

describe('the sample of an input', () => {
  it.each([
    ['FP32', 0],
    ['INT64', 0],
    ['BOOL', false],
    ['BYTES', 'text'],
  ])('of %s has the smallest shape', (datatype, value) => {
    const input = sampleInput(tensor([-1, 2], datatype));
    expect(input).toEqual({ name: 'x', datatype, shape: [1, 2], data: [value, value] });
    expect(JSON.parse(inferBody([input, input]))).toEqual({ inputs: [input, input] });
  });

  it('is empty if it would be large', () => {
    expect(sampleInput(tensor([3, 224, 224]))).toMatchObject({ shape: [3, 224, 224], data: [] });
  });
});

describe('an image', () => {
  it.each([
    [[3, 224, 224], { channels: 3, height: 224, width: 224, isPlanar: true }],
    [[-1, 3, 32, 48], { channels: 3, height: 32, width: 48, isPlanar: true }],
    [[1, 28, 28, 1], { channels: 1, height: 28, width: 28, isPlanar: false }],
    [[-1, -1, -1, 3], { channels: 3, height: 224, width: 224, isPlanar: false }],
    [[64], undefined],
    [[3, 4, 5], undefined],
    [[10, 224, 224], undefined],
  ])('fits the shape %j', (shape, layout) => {
    expect(imageLayout(tensor(shape))).toEqual(layout);
  });

  it('is no text', () => {
    expect(imageLayout(tensor([3, 224, 224], 'BYTES'))).toBeUndefined();
  });

  it('becomes values in the order and scale of the input', () => {
    // Two pixels, red and white.
    const rgba = new Uint8ClampedArray([255, 0, 0, 255, 255, 255, 255, 255]);
    const size = { height: 1, width: 2 } as const;
    const planar = imageInput(
      tensor([-1, 3, 1, 2]),
      { ...size, channels: 3, isPlanar: true },
      rgba,
      '0 to 1',
    );
    expect(planar).toMatchObject({ shape: [1, 3, 1, 2], data: [1, 1, 0, 1, 0, 1] });
    const mixed = imageInput(
      tensor([1, 2, 3], 'UINT8'),
      { ...size, channels: 3, isPlanar: false },
      rgba,
      '0 to 255',
    );
    expect(mixed).toMatchObject({ shape: [1, 2, 3], data: [255, 0, 0, 255, 255, 255] });
    const gray = imageInput(tensor([1, 2, 1]), { ...size, channels: 1, isPlanar: false }, rgba, '-1 to 1');
    expect(gray.data).toEqual([-0.402, 1]);
  });
});
