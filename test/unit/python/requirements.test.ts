import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRequirements } from '../../../src/python/requirements.ts';

describe('readRequirements', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'triton-local-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const write = async (name: string, text: string) => {
    await writeFile(path.join(directory, name), text);
    return path.join(directory, name);
  };
  it('adds the debugger for an editor to attach to', async () => {
    const plain = await readRequirements(none);
    const debugged = await readRequirements({ ...none, debug: true });
    expect(debugged.lines).toEqual([...plain.lines, 'debugpy']);
    expect(debugged.content).not.toBe(plain.content);
  });

  const none = { interpreter: undefined, requirementsFile: undefined, condaFile: undefined, debug: false };

  it('gives what the cloud has if the project names nothing', async () => {
    const { lines } = await readRequirements(none);
    expect(lines).toEqual(['numpy', 'tritonclient[http]', 'flask', 'inference-schema']);
  });

  it('counts the content of included files', async () => {
    const requirementsFile = await write('requirements.txt', 'numpy\n-r "more.txt"\n');
    await write('more.txt', 'flask\n-r requirements.txt\n');
    const before = await readRequirements({ ...none, requirementsFile });
    expect(before.lines).toEqual([`-r ${requirementsFile}`]);
    await write('more.txt', 'flask==3.0\n-r requirements.txt\n');
    const after = await readRequirements({ ...none, requirementsFile });
    expect(after.content).not.toBe(before.content);
  });

  const CONDA = `channels: [conda-forge]
dependencies:
  - python=3.9
  - pip
  - conda-forge::scikit-learn=1.3
  - pytorch>=2.0,<2.3
  - cudatoolkit
  - setuptools<60
  - pip:
    - numpy==1.26
    - -r more.txt # and more
    - --extra-index-url https://example.org/simple
`;

  it('takes packages of a conda file from PyPI, under the name that they have there', async () => {
    const condaFile = await write('conda.yaml', CONDA);
    await write('more.txt', 'flask\n');
    const found = await readRequirements({ ...none, condaFile });
    expect(found.lines).toEqual([
      'scikit-learn==1.3.*',
      'torch>=2.0,<2.3',
      'setuptools<60',
      'numpy==1.26',
      `-r ${path.join(directory, 'more.txt')}`,
      '--extra-index-url https://example.org/simple',
    ]);
    expect(found.conda?.python).toMatchObject({ version: '=3.9', line: 3 });
    expect(found.conda?.missing).toMatchObject([{ spec: 'cudatoolkit', line: 7 }]);
    expect(found.sources).toContainEqual({ text: 'flask', file: path.join(directory, 'more.txt'), line: 1 });
    expect(found.sources).toContainEqual({ text: 'torch>=2.0,<2.3', file: condaFile, line: 6 });
  });

  it.each([
    ['dependencies:\n  - numpy\n  - 3\n  - [a]\n', 4],
    ['dependencies:\n  - numpy\n  - npm: [x]\n', 3],
    ['dependencies:\n  - pip:\n    - a\n    - {b: c}\n', 4],
    ['a: 1\nb: [\n', 3],
  ])('names the line that is not understood in %j', async (text, line) => {
    const condaFile = await write('conda.yaml', text);
    await expect(readRequirements({ ...none, condaFile })).rejects.toMatchObject({
      code: 'ENVIRONMENT_FILE',
      location: { file: condaFile, line },
    });
  });

  it('names the line that includes a file which is not there', async () => {
    const requirementsFile = await write('requirements.txt', '# first\nnumpy\n-r more.txt\n');
    await expect(readRequirements({ ...none, requirementsFile })).rejects.toMatchObject({
      code: 'ENVIRONMENT_FILE',
      message: expect.stringContaining('more.txt does not exist'),
      location: { file: requirementsFile, line: 3 },
    });
  });

  it.each([
    './wheels/acme-1.whl',
    'wheels/acme-1.whl',
    'acme-1.whl',
    'acme @ file:./wheels/acme-1.whl',
    './wheels/acme-1.whl[extra] ; python_version > "3"',
    './pkg',
    '-e ./pkg',
    '--find-links ./wheels',
    '-f wheels',
  ])('counts the content of what %s names', async (line) => {
    const requirementsFile = await write('requirements.txt', `${line}\n`);
    await mkdir(path.join(directory, 'wheels'));
    await mkdir(path.join(directory, 'pkg'));
    const contents: string[] = [];
    for (const content of ['one', 'two', 'one']) {
      for (const name of ['wheels/acme-1.whl', 'acme-1.whl', 'pkg/setup.py']) await write(name, content);
      contents.push((await readRequirements({ ...none, requirementsFile })).content);
    }
    expect(contents[1]).not.toBe(contents[0]);
    expect(contents[2]).toBe(contents[0]);
  });

  it.each([
    ['is missing', undefined],
    ['is no YAML', 'a: [\n'],
    ['has no dependencies', 'name: x\n'],
    ['is empty', ''],
  ])('names a conda file that %s', async (_why, text) => {
    const condaFile = path.join(directory, 'conda.yaml');
    if (text !== undefined) await write('conda.yaml', text);
    await expect(readRequirements({ ...none, condaFile })).rejects.toMatchObject({
      code: 'ENVIRONMENT_FILE',
      kind: 'user',
      location: { file: condaFile },
    });
  });
});
