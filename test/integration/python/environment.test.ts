import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmulatorEvent, EventBus } from '../../../src/events/index.ts';
import { ensureEnvironment, locateInterpreter } from '../../../src/python/index.ts';
import { ENVIRONMENT } from './project.ts';

const NONE = { interpreter: undefined, requirementsFile: undefined, condaFile: undefined, debug: false };

describe('environments', () => {
  let directory: string;
  let home: string;
  let events: EmulatorEvent[];
  let bus: EventBus;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'triton-local-'));
    home = path.join(directory, 'home');
    events = [];
    bus = new EventBus();
    bus.subscribe((event) => events.push(event));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const ensure = (requirementsFile: string, signal = new AbortController().signal) =>
    ensureEnvironment({ ...NONE, requirementsFile }, home, ENVIRONMENT, bus, signal);
  const requirements = async (text: string) => {
    const file = path.join(directory, 'requirements.txt');
    await writeFile(file, text);
    return file;
  };
  /** A package that needs no network. */
  const local = async (name: string, setup = '') => {
    const folder = path.join(directory, name);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, `${name}.py`), '');
    await writeFile(
      path.join(folder, 'setup.py'),
      `${setup}\nfrom setuptools import setup\nsetup(name="${name}", version="1", py_modules=["${name}"])\n`,
    );
    return `--no-build-isolation ${folder}`;
  };

  it('are built once and found again by content', async () => {
    const file = await requirements('# nothing\n');
    const first = await ensure(file);
    expect(existsSync(first.interpreter)).toBe(true);
    const told = events.length;
    expect(told).toBeGreaterThan(1);
    expect(events.every(({ type }) => type === 'environment.progress')).toBe(true);
    expect(await ensure(file)).toEqual(first);
    expect(events).toHaveLength(told);
    expect(await ensure(await requirements('# a comment changes nothing\n'))).toEqual(first);
    expect((await ensure(await requirements('--no-index\n'))).interpreter).not.toBe(first.interpreter);
  });

  it('are built by one of several that need the same', async () => {
    const file = await requirements('# shared\n');
    const [one, two] = await Promise.all([ensure(file), ensure(file)]);
    expect(one).toEqual(two);
    const steps = events.flatMap((event) => (event.type === 'environment.progress' ? [event.step] : []));
    expect(steps.filter((step) => step === 'done')).toHaveLength(1);
    expect(steps).toContain('wait');
  });

  it('that were interrupted are built again', async () => {
    const file = await requirements('# again\n');
    const { interpreter } = await ensure(file);
    const root = path.dirname(path.dirname(interpreter));
    await rm(path.join(root, '.complete'));
    await writeFile(path.join(root, 'rest'), '');
    await ensure(file);
    expect(existsSync(path.join(root, 'rest'))).toBe(false);
  });

  it('name the line of what cannot be installed, and clean up', async () => {
    const file = await requirements('# first\nno-such-package-of-anybody==3\n');
    await expect(ensure(file)).rejects.toMatchObject({
      code: 'ENVIRONMENT_FAILED',
      kind: 'system',
      message: expect.stringMatching(
        /no-such-package-of-anybody==3: the index has no release of it for Python 3/,
      ),
      location: { file, line: 2 },
    });
    expect(await readdir(path.join(home, 'environments'))).toEqual([]);
  });

  it('name what the build of a package says', async () => {
    const folder = (await local('broken', 'raise ValueError("sets 3 wheels in motion")')).split(' ')[1];
    await writeFile(
      path.join(directory, 'broken', 'pyproject.toml'),
      '[build-system]\nrequires = ["setuptools"]\n',
    );
    // Python's own modules, by name: pip runs in this folder and must not take them.
    await writeFile(path.join(directory, 'types.py'), 'raise SystemExit("not mine")\n');
    const file = await requirements(`# first\n${folder}\n`);
    await expect(ensure(file)).rejects.toMatchObject({
      code: 'ENVIRONMENT_FAILED',
      message: expect.stringContaining('broken: ValueError: sets 3 wheels in motion'),
      location: { file, line: 2 },
    });
  });

  it('end pip when the signal aborts', async () => {
    const mark = path.join(directory, 'pid');
    const setup = `import os, time\nopen(${JSON.stringify(mark)}, "w").write(str(os.getpid()))\ntime.sleep(600)`;
    const file = await requirements(`${(await local('slow', setup)).split(' ')[1]}\n`);
    const controller = new AbortController();
    const building = ensureEnvironment(
      { ...NONE, requirementsFile: file },
      home,
      { ...ENVIRONMENT, PIP_NO_BUILD_ISOLATION: '0' },
      bus,
      controller.signal,
    );
    await expect
      .poll(() => existsSync(mark) || events.some(({ type }) => type === 'log.line'), { timeout: 40_000 })
      .toBe(true);
    controller.abort(new Error('Ctrl+C'));
    await expect(building).rejects.toThrow('Ctrl+C');
    expect(await readdir(path.join(home, 'environments'))).toEqual([]);
  });

  it('are not touched if an interpreter is given', async () => {
    const interpreter = path.join(directory, 'python');
    await symlink('/bin/true', interpreter);
    await expect(
      ensureEnvironment({ ...NONE, interpreter }, home, ENVIRONMENT, bus, new AbortController().signal),
    ).resolves.toEqual({ interpreter, packages: { kind: 'given', interpreter } });
    expect(existsSync(home)).toBe(false);
  });

  it('use the Python that a conda file specifies, if it is installed', async () => {
    const usual = await locateInterpreter(NONE, ENVIRONMENT);
    const bin = path.join(directory, 'bin');
    await mkdir(bin);
    // The release is another one's, so that it would not be found first.
    const version = usual.version === '3.9' ? '3.10' : '3.9';
    const [, minor] = version.split('.');
    const fake = `#!/bin/sh\necho 3 ${minor} ${bin}/python${version}\n`;
    await writeFile(path.join(bin, `python${version}`), fake, { mode: 0o755 });
    const environment = { ...ENVIRONMENT, PATH: `${bin}:${ENVIRONMENT.PATH}`, PYENV_ROOT: directory };
    expect(await locateInterpreter(NONE, environment, [Number(minor)])).toEqual({
      command: `${bin}/python${version}`,
      version,
    });
    expect(
      await locateInterpreter(NONE, environment, [Number(minor), Number(usual.version?.slice(2))]),
    ).toEqual(usual);
  });

  it('say at which line a conda file asks for what is not given', async () => {
    const condaFile = path.join(directory, 'conda.yml');
    await writeFile(
      condaFile,
      'dependencies:\n  - python=2.7\n  - cudatoolkit=11\n  - pip:\n    - "# none"\n',
    );
    const environment = { ...ENVIRONMENT, CONDA_EXE: '', MAMBA_EXE: '' };
    await ensureEnvironment({ ...NONE, condaFile }, home, environment, bus, new AbortController().signal);
    const warnings = events.flatMap((event) => (event.type === 'log.line' ? [event.text] : []));
    expect(warnings).toEqual([
      expect.stringMatching(/conda\.yml:3: cudatoolkit=11 is left out: .*conda on PATH/),
      expect.stringMatching(/conda\.yml:2: python=2\.7 was requested, and Python 3\.\d+ is used/),
    ]);
  });

  it('are built by conda if it is installed and pip lacks a package', async () => {
    const condaFile = path.join(directory, 'conda.yml');
    await writeFile(
      condaFile,
      'channels: [mine]\ndependencies:\n  - numpy\n  - ffmpeg=6\n  - pip:\n    - --no-index\n',
    );
    const conda = path.join(directory, 'micromamba');
    const asked = path.join(directory, 'asked');
    // Replaces conda, whose channels no test can reach: records its arguments, and creates a venv.
    const script = `#!/bin/sh\necho "$@" > ${asked}\nexec python3 -m venv "$4"\n`;
    await writeFile(conda, script, { mode: 0o755 });
    const environment = { ...ENVIRONMENT, MAMBA_EXE: conda };
    const { interpreter } = await ensureEnvironment(
      { ...NONE, condaFile },
      home,
      environment,
      bus,
      new AbortController().signal,
    );
    expect(existsSync(interpreter)).toBe(true);
    expect(await readFile(asked, 'utf8')).toMatch(
      /^create -y -p \S+ -c mine numpy ffmpeg=6 python=3\.\d+ pip$/m,
    );
    expect(events.filter(({ type }) => type === 'log.line')).toEqual([]);
  });

  it('resolve relative paths from the folder of the file, and depend on the content there', async () => {
    const interpreters: string[] = [];
    for (const [name, value] of [
      ['one', '1'],
      ['two', '2'],
    ] as const) {
      const folder = path.join(directory, name);
      await mkdir(path.join(folder, 'wheels'), { recursive: true });
      await writeWheel(path.join(folder, 'wheels/acme-1.2-py3-none-any.whl'), value);
      const file = path.join(folder, 'requirements.txt');
      await writeFile(file, '--no-index\n./wheels/acme-1.2-py3-none-any.whl\n');
      const { interpreter } = await ensure(file);
      interpreters.push(interpreter);
      const { stdout } = await promisify(execFile)(interpreter, ['-c', 'import acme; print(acme.VALUE)']);
      expect(stdout.trim()).toBe(value);
    }
    expect(new Set(interpreters).size).toBe(2);
  });

  it('are not built for a script that imports only the standard library, if no file lists packages', async () => {
    const entryScript = path.join(directory, 'score.py');
    const script = { entryScript, sourceDirectory: directory };
    const none = () => ensureEnvironment(NONE, home, ENVIRONMENT, bus, new AbortController().signal, script);
    await writeFile(entryScript, 'import json, helper\n');
    await writeFile(path.join(directory, 'helper.py'), 'from os import path\n');
    const { command } = await locateInterpreter(NONE, ENVIRONMENT);
    expect((await none()).interpreter).toBe(command);
    expect(events).toMatchObject([
      { step: 'skip', detail: expect.stringContaining('only the standard library') },
    ]);
  });

  it('need a Python: without one, the error names the command that installs it', async () => {
    const environment = { PATH: directory };
    await expect(locateInterpreter(NONE, environment)).rejects.toMatchObject({
      code: 'PYTHON_MISSING',
      kind: 'system',
      hint: expect.stringMatching(/apt install python3|brew|winget/),
    });
    await expect(
      locateInterpreter({ ...NONE, interpreter: '/nowhere/python' }, environment),
    ).rejects.toMatchObject({ code: 'PYTHON_MISSING' });
  });

  it('are based on the real program behind a launcher', async () => {
    const { command, version } = await locateInterpreter(NONE, ENVIRONMENT);
    expect(path.isAbsolute(command)).toBe(true);
    expect(version).toMatch(/^3\.\d+$/);
  });
});

/** A wheel of one module with one value. */
async function writeWheel(file: string, value: string): Promise<void> {
  const program = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("acme.py", "VALUE = " + sys.argv[2])
    wheel.writestr("acme-1.2.dist-info/METADATA", "Metadata-Version: 2.1\\nName: acme\\nVersion: 1.2\\n")
    wheel.writestr("acme-1.2.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr("acme-1.2.dist-info/RECORD", "")
`;
  await promisify(execFile)('python3', ['-c', program, file, value]);
}
