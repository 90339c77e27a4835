import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  ensureEnvironment,
  type ScorePool,
  ScorePoolFactory,
  startScorePool,
} from '../../../src/python/index.ts';
import { Editor } from './editor.ts';
import { ask, ENVIRONMENT, isAlive, Project, post, TEST_PYTHON, textOf } from './project.ts';

let project: Project;
afterEach(() => project?.[Symbol.asyncDispose]());

const SCRIPT = `import os
def init():
    global factor
    factor = 2
def run(data):
    value = int(data) * factor
    return value
`;
const LINE_IN_RUN = 7;

const hasDebugpy = (() => {
  try {
    execFileSync(TEST_PYTHON, ['-c', 'import debugpy'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** Where the next process waits for an editor, by the attach settings that it prints. */
async function nextPort(): Promise<number> {
  const lines: string[] = [];
  await project.bus.next('log.line', ({ text }) => {
    lines.push(text);
    return text === '}';
  });
  const settings = JSON.parse(lines.slice(lines.indexOf('{')).join('\n'));
  expect(settings.configurations[0]).toMatchObject({ type: 'debugpy', request: 'attach' });
  return settings.configurations[0].connect.port;
}

describe.skipIf(!hasDebugpy)('a script that is debugged', () => {
  it('waits for an editor, stops at its breakpoint and continues', async () => {
    project = await Project.create(SCRIPT);
    const factory = project.use(new ScorePoolFactory());
    const port = nextPort();
    let pool: ScorePool | undefined;
    const options = project.options({ debug: true });
    const starting = factory.start(options, AbortSignal.timeout(50_000)).then((started) => {
      pool = project.use(started);
    });
    await port;
    expect(pool).toBeUndefined();

    using editor = await Editor.attach(await port, project.entryScript, LINE_IN_RUN);
    await starting;
    const reply = ask(pool ?? expect.fail(), post('21'));
    const { threadId, reason } = await editor.event('stopped');
    expect(reason).toBe('breakpoint');
    const { stackFrames } = await editor.ask('stackTrace', { threadId });
    expect((stackFrames as unknown[])[0]).toMatchObject({
      name: 'run',
      line: LINE_IN_RUN,
      source: { path: project.entryScript },
    });
    const { result } = await editor.ask('evaluate', {
      expression: 'value',
      frameId: (stackFrames as { id: number }[])[0]?.id,
    });
    expect(result).toBe('42');
    await editor.ask('continue', { threadId });
    expect(textOf(await reply)).toBe('42');
    expect(project.lines('script')).toEqual([]);
  });

  it('starts again after a save only when the process before has ended', async () => {
    project = await Project.create(SCRIPT);
    const factory = project.use(new ScorePoolFactory());
    const start = async (generation: number) => {
      const port = nextPort();
      const starting = factory.start(
        project.options({ debug: true, generation }),
        AbortSignal.timeout(50_000),
      );
      using _editor = await Editor.attach(await port, project.entryScript, LINE_IN_RUN);
      return starting;
    };
    const first = project.use(await start(1));
    const pid = first.workers()[0]?.pid ?? 0;
    const second = project.use(await start(2));
    expect(isAlive(pid)).toBe(false);
    expect(second.workers()).toHaveLength(1);
  });
});

it.skipIf(!hasDebugpy)('says that no editor listens where AZUREML_DEBUG_PORT points', async () => {
  project = await Project.create(SCRIPT);
  const environment = { ...ENVIRONMENT, AZUREML_DEBUG_PORT: '1' };
  await expect(
    startScorePool(project.options({ environment }), AbortSignal.timeout(30_000)),
  ).rejects.toMatchObject({
    message: expect.stringMatching(/^No editor can be reached at AZUREML_DEBUG_PORT \(1\): /),
  });
});

it('needs debugpy in a Python that is given, and says how to get it', async () => {
  project = await Project.create(SCRIPT);
  const home = await mkdtemp(path.join(os.tmpdir(), 'tl-debug-'));
  try {
    // A module that cannot be imported stands in front of the real one.
    await project.write('blocked/debugpy.py', 'raise ImportError("no debugpy here")\n');
    const environment = { ...ENVIRONMENT, PYTHONPATH: path.join(project.directory, 'blocked') };
    const source = {
      interpreter: TEST_PYTHON,
      requirementsFile: undefined,
      condaFile: undefined,
      debug: true,
    };
    const { signal } = new AbortController();
    await expect(ensureEnvironment(source, home, environment, project.bus, signal)).rejects.toMatchObject({
      code: 'DEBUGPY_MISSING',
      message: expect.stringContaining('no debugpy here'),
      hint: expect.stringContaining('pip install debugpy'),
    });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
