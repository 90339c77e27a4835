import { describe, expect, it } from 'vitest';
import { copyConda } from '../../../src/azureml/conda-copy.ts';

describe('copyConda', () => {
  it.each([
    ['dependencies that are no list', { dependencies: 7 }, /dependencies must be a list, not 7/],
    ['a dependency that is a number', { dependencies: ['python=3.11', 7] }, /each dependency must be a text/],
    ['pip with a text', { dependencies: [{ pip: 'numpy' }] }, /or pip with a list, not \{"pip":"numpy"\}/],
  ])('refuses %s', (_name, conda, message) => {
    expect(() => copyConda(conda, undefined)).toThrow(message);
  });

  it('takes a list that is empty, and pip without packages', () => {
    expect(copyConda({}, undefined)).toBeUndefined();
    expect(copyConda({ dependencies: null }, undefined)).toBeUndefined();
    expect(copyConda({ dependencies: ['python', { pip: null }] }, undefined)).toBeUndefined();
  });
});
