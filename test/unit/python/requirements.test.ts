import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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

  it('gives what the cloud has where the project names nothing', async () => {
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

  it('takes the pip section of a conda file and tells what is left out', async () => {
    const condaFile = await write(
      'conda.yaml',
      'channels: [conda-forge]\ndependencies:\n  - python=3.9\n  - pip\n  - conda-forge::scikit-learn=1.3\n  - cudatoolkit\n' +
        '  - pip:\n    - numpy==1.26\n    - -r more.txt\n    - --extra-index-url https://example.org/simple\n',
    );
    await write('more.txt', 'flask\n');
    const found = await readRequirements({ ...none, condaFile });
    expect(found.lines).toEqual([
      'numpy==1.26',
      `-r ${path.join(directory, 'more.txt')}`,
      '--extra-index-url https://example.org/simple',
    ]);
    expect(found.content).toContain('flask');
    expect(found.python).toBe('3.9');
    expect(found.condaOnly).toEqual(['conda-forge::scikit-learn=1.3', 'cudatoolkit']);
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
