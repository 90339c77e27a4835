import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
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
    expect((await ensure(await requirements('# other\n'))).interpreter).not.toBe(first.interpreter);
  });

  it('are built by one of several that need the same', async () => {
    const file = await requirements('# shared\n');
    const [one, two] = await Promise.all([ensure(file), ensure(file)]);
    expect(one).toEqual(two);
    const steps = events.flatMap((event) => (event.type === 'environment.progress' ? [event.step] : []));
    expect(steps.filter((step) => step === 'done')).toHaveLength(1);
    expect(steps).toContain('wait');
  });

  it('that were interrupted are built anew', async () => {
    const file = await requirements('# again\n');
    const { interpreter } = await ensure(file);
    const root = path.dirname(path.dirname(interpreter));
    await rm(path.join(root, '.complete'));
    await writeFile(path.join(root, 'rest'), '');
    await ensure(file);
    expect(existsSync(path.join(root, 'rest'))).toBe(false);
  });

  it('fail with the last lines of pip, and nothing is left', async () => {
    const file = await requirements('no-such-file.whl\n--no-index\n');
    const failing = ensure(file);
    await expect(failing).rejects.toMatchObject({
      code: 'ENVIRONMENT_FAILED',
      kind: 'system',
      message: expect.stringMatching(/ERROR|error/),
      location: { file },
      cause: { message: expect.stringContaining('no-such-file') },
    });
    expect(await readdir(path.join(home, 'environments'))).toEqual([]);
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

  it('are not touched where an interpreter is given', async () => {
    const interpreter = path.join(directory, 'python');
    await symlink('/bin/true', interpreter);
    await expect(
      ensureEnvironment({ ...NONE, interpreter }, home, ENVIRONMENT, bus, new AbortController().signal),
    ).resolves.toEqual({ interpreter });
    expect(existsSync(home)).toBe(false);
  });

  it('warn about what conda alone could install', async () => {
    const condaFile = path.join(directory, 'conda.yml');
    await writeFile(
      condaFile,
      'dependencies:\n  - python=3.0\n  - cudatoolkit=11\n  - pip:\n    - "# none"\n',
    );
    await ensureEnvironment({ ...NONE, condaFile }, home, ENVIRONMENT, bus, new AbortController().signal);
    const warnings = events.flatMap((event) => (event.type === 'log.line' ? [event.text] : []));
    expect(warnings).toEqual([
      expect.stringContaining('cudatoolkit=11'),
      expect.stringContaining('asks for Python 3.0'),
    ]);
  });

  it('need a Python: without one the command that mends it is named', async () => {
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
