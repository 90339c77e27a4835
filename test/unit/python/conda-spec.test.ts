import { describe, expect, it } from 'vitest';
import { pipEquivalent } from '../../../src/python/conda-names.ts';
import { parseCondaSpec, pythonMinors } from '../../../src/python/conda-spec.ts';

const parse = (spec: string) => {
  const found = parseCondaSpec(spec, 1);
  if (!found) throw new Error(`${spec} is not a package`);
  return found;
};

describe('a package of conda', () => {
  it.each([
    ['numpy', 'numpy'],
    ['numpy=1.23.5', 'numpy==1.23.5.*'],
    ['numpy==1.23.5', 'numpy==1.23.5'],
    ['numpy=1.23.5=py39h7a5d4dd_0', 'numpy==1.23.5'],
    ['numpy 1.23.5', 'numpy==1.23.5.*'],
    ['numpy 1.23.5 py39_0', 'numpy==1.23.5'],
    ['numpy >= 1.2, < 2', 'numpy>=1.2,<2'],
    ['numpy>=1.2,<2.*', 'numpy>=1.2,<2'],
    ['numpy=1.*', 'numpy==1.*'],
    ["conda-forge::numpy[version='>=1.2,<2']", 'numpy>=1.2,<2'],
    ['numpy=*', 'numpy'],
    ['NumPy!=1.5', 'numpy!=1.5'],
    ['pytorch::pytorch=2.1', 'torch==2.1.*'],
    ['matplotlib-base', 'matplotlib'],
    ['py-opencv~=4.8', 'opencv-python-headless~=4.8'],
  ])('%s is %s on PyPI', (spec, requirement) => {
    expect(pipEquivalent(parse(spec))).toEqual({ kind: 'pip', requirement });
  });

  it.each(['cudatoolkit=11.8', 'cpuonly', 'ffmpeg', 'r-base', 'libgcc-ng', 'nomkl', 'numpy=1.2|1.4'])(
    '%s is nothing that pip can give',
    (spec) => {
      expect(pipEquivalent(parse(spec))).toEqual({ kind: 'none', why: expect.any(String) });
    },
  );

  it.each(['python', 'pip', 'pip=23', 'setuptools'])('%s is there in any case', (spec) => {
    expect(pipEquivalent(parse(spec))).toEqual({ kind: 'there' });
  });
});

describe('the Python of a conda file', () => {
  it.each([
    ['python=3.9', [9]],
    ['python 3.9.7', [9]],
    ['python==3.10.*', [10]],
    ['python>=3.8,<3.11', [10, 9, 8]],
    ['python>3.11', [14, 13, 12]],
    ['python<=3.9', [9, 8]],
    ['python<3.9.5', [9, 8]],
    ['python=3.9|3.11', [11, 9]],
    ['python!=3.12,>=3.11', [14, 13, 11]],
    ['python~=3.12', [14, 13, 12]],
    ['python=3', [14, 13, 12, 11, 10, 9, 8]],
    ['python=2.7', []],
    ['python', [14, 13, 12, 11, 10, 9, 8]],
  ])('%s', (spec, minors) => {
    expect(pythonMinors(parse(spec).version)).toEqual(minors);
  });
});
