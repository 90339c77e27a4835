import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScorePoolFactory, type ScorePoolOptions } from '../../../src/python/index.ts';
import { ask, ENVIRONMENT, isAlive, Project, post, textOf } from './project.ts';

// `decimal` and `sqlite3` stand for the libraries of a script: no harness needs them.
const SCRIPT = `import sys
ahead = sorted({"decimal", "sqlite3", "helper"} & set(sys.modules))
import decimal, sqlite3, helper
def init():
    pass
def run(data):
    import os
    return [os.getpid(), ahead, helper.N]
`;

describe('ScorePoolFactory', () => {
  let project: Project;
  let factory: ScorePoolFactory;
  beforeEach(async () => {
    project = await Project.create(SCRIPT);
    await project.write('helper.py', 'N = 1\n');
    factory = project.use(new ScorePoolFactory());
  });
  afterEach(() => project[Symbol.asyncDispose]());

  const start = async (change: Partial<ScorePoolOptions> = {}) =>
    project.use(await factory.start(project.options(change), AbortSignal.timeout(30_000)));
  const answer = async (change: Partial<ScorePoolOptions> = {}) =>
    JSON.parse(textOf(await ask(await start(change), post(''))));

  it('gives the next generation processes with its libraries imported, never with the own modules', async () => {
    expect((await answer())[1]).toEqual([]);
    await factory.warmed();
    await project.write('helper.py', 'N = 2\n');
    expect((await answer({ generation: 2 })).slice(1)).toEqual([['decimal', 'sqlite3'], 2]);
  });

  it('keeps spares through a failure, so that the good save after it is fast', async () => {
    await answer();
    await factory.warmed();
    await project.write('helper.py', 'N =\n');
    await expect(start({ generation: 2 })).rejects.toMatchObject({
      location: { file: `${project.directory}/helper.py`, line: 1 },
    });
    await factory.warmed();
    await project.write('helper.py', 'N = 3\n');
    expect((await answer({ generation: 3 })).slice(1)).toEqual([['decimal', 'sqlite3'], 3]);
  });

  it.each([
    ['the environment', 'import os\nos.environ["OMP_NUM_THREADS"] = "1"\n'],
    ['the search path, hiding a library', 'import sys\nsys.path.insert(0, "vendor")\n'],
  ])('starts a script that changes %s before its imports in a fresh process', async (_what, lines) => {
    await answer();
    await factory.warmed();
    await project.write('vendor/decimal.py', 'VENDORED = True\n');
    await project.write('score.py', SCRIPT.replace('import sys\n', `import sys\n${lines}`));
    expect((await answer({ generation: 2 }))[1]).toEqual([]);
  });

  it('keeps spares for a script that puts its own folder first', async () => {
    await project.write(
      'score.py',
      `import sys, os\nsys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))\n${SCRIPT}`,
    );
    await answer();
    await factory.warmed();
    expect((await answer({ generation: 2 }))[1]).toEqual(['decimal', 'sqlite3']);
  });

  it('discards spares when the environment changes', async () => {
    await answer();
    await factory.warmed();
    await project.write(
      'score.py',
      `import os\n${SCRIPT.replace('ahead, helper.N', 'ahead, os.environ.get("A")')}`,
    );
    expect((await answer({ environment: { ...ENVIRONMENT, A: 'b' } })).slice(1)).toEqual([[], 'b']);
  });

  it('ends its spares with itself, twice is fine', async () => {
    await answer();
    await factory.warmed();
    await factory[Symbol.asyncDispose]();
    const [pid] = await answer({ generation: 2 });
    expect(isAlive(pid)).toBe(true);
    await factory[Symbol.asyncDispose]();
  });
});
