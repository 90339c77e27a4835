import { execFile } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync, utimesSync, writeSync } from 'node:fs';
import {
  appendFile,
  chmod,
  cp,
  mkdir,
  open,
  readFile,
  rename,
  rm,
  symlink,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, it } from 'vitest';
import type { EventOf } from '../../../src/events/index.ts';
import { snapshotProject } from '../../../src/reload/index.ts';
import { QUIET_MS } from '../../../src/reload/settle.ts';
import { openProject, sleep } from './project.ts';

type Project = Awaited<ReturnType<typeof openProject>>;
type At = Project['at'];

interface Pattern {
  /** Before the reloader is expected to be at rest. */
  readonly prepare?: (at: At) => Promise<void>;
  /** Resolves with the longest pause it made, where its pauses are meant to be short. */
  readonly save: (at: At) => Promise<unknown>;
  /** Whether all of it is applied at once; script and weights are trusted after different times. */
  readonly together?: boolean;
  /** The one application that is expected. */
  readonly actions: readonly string[];
}

const run = promisify(execFile);

const script = ['swap-workers: score.py changed'];
const weights = ['load-model: model.onnx changed'];
const onnx = 'models/triton/digits/1/model.onnx';

const patterns: Record<string, Pattern> = {
  'written in place': { save: (at) => writeFile(at('score.py'), 'VERSION = 2\n'), actions: script },
  'emptied, and written 60 ms later': {
    async save(at) {
      const file = await open(at('score.py'), 'w');
      const pause = await pauseFor(60);
      await file.write('VERSION = 2\n');
      await file.close();
      return pause;
    },
    actions: script,
  },
  'written in three pieces': {
    async save(at) {
      const file = await open(at('score.py'), 'w');
      const pauses: number[] = [];
      for (const piece of ['VERSION', ' = 2\n', 'MORE = 3\n']) {
        await file.write(piece);
        pauses.push(await pauseFor(30));
      }
      await file.close();
      return Math.max(...pauses);
    },
    actions: script,
  },
  'saved twice within 50 ms': {
    async save(at) {
      await writeFile(at('score.py'), 'VERSION = 2\n');
      const pause = await pauseFor(20);
      await writeFile(at('score.py'), 'VERSION = 3\n');
      return pause;
    },
    actions: script,
  },
  'renamed over (JetBrains, emacs)': {
    async save(at) {
      await writeFile(at('score.py___jb_tmp___'), 'VERSION = 2\n');
      await rename(at('score.py'), at('score.py___jb_old___'));
      await rename(at('score.py___jb_tmp___'), at('score.py'));
      await unlink(at('score.py___jb_old___'));
    },
    actions: script,
  },
  'moved to a backup and written anew (vim)': {
    async save(at) {
      await writeFile(at('4913'), '');
      await unlink(at('4913'));
      await writeFile(at('.score.py.swp'), 'swap');
      await rename(at('score.py'), at('score.py~'));
      await writeFile(at('score.py'), 'VERSION = 2\n');
      await unlink(at('score.py~'));
    },
    actions: script,
  },
  'deleted and made again 30 ms later': {
    async save(at) {
      await unlink(at('score.py'));
      const pause = await pauseFor(30);
      await writeFile(at('score.py'), 'VERSION = 2\n');
      return pause;
    },
    actions: script,
  },
  'written with size and time kept': {
    async save(at) {
      const { atimeMs, mtimeMs } = statSync(at('score.py'));
      const file = openSync(at('score.py'), 'r+');
      writeSync(file, 'VERSION = 9\n');
      closeSync(file);
      utimesSync(at('score.py'), atimeMs / 1000, mtimeMs / 1000);
    },
    actions: script,
  },
  'replaced by an older file (rsync -t, git checkout)': {
    async save(at) {
      await writeFile(at('.score.py.Xy12Zw'), 'VERSION = 0\n');
      await utimes(at('.score.py.Xy12Zw'), 1, 1);
      await rename(at('.score.py.Xy12Zw'), at('score.py'));
    },
    actions: script,
  },
  'a helper beside the script': {
    save: (at) => writeFile(at('helper.py'), 'HELP = 2\n'),
    actions: ['swap-workers: helper.py changed'],
  },
  'an environment file': {
    save: (at) => writeFile(at('.env'), 'LIMIT=3\n'),
    actions: ['swap-workers: .env added'],
  },
  'the packages of the script': {
    save: (at) => writeFile(at('requirements.txt'), 'numpy\n'),
    actions: ['swap-workers: requirements.txt added'],
  },
  'a label file of a model': {
    save: (at) => writeFile(at('models/triton/digits/labels.txt'), 'zero\none\n'),
    actions: ['load-model: labels.txt added'],
  },
  'a new settings file in a new folder': {
    async save(at) {
      await mkdir(at('settings/deep'), { recursive: true });
      await writeFile(at('settings/deep/limits.json'), '{}');
    },
    actions: ['swap-workers: settings/deep/limits.json added'],
  },
  'a script that is a link, pointed elsewhere': {
    async prepare(at) {
      await mkdir(at('releases'));
      await rename(at('score.py'), at('releases/a.py'));
      await writeFile(at('releases/b.py'), 'VERSION = 2\n');
      await symlink('releases/a.py', at('score.py'));
    },
    async save(at) {
      await symlink('releases/b.py', at('next'));
      await rename(at('next'), at('score.py'));
    },
    actions: script,
  },
  '300 files at once (archive, checkout)': {
    async prepare(at) {
      await mkdir(at('.home/package'), { recursive: true });
      for (let file = 0; file < 300; file += 1)
        await writeFile(at(`.home/package/module${file}.py`), `N = ${file}\n`);
    },
    async save(at) {
      // From another process, as checkouts and archives come.
      const copy = "require('node:fs').cpSync(process.argv[1], process.argv[2], {recursive: true})";
      await run(process.execPath, ['-e', copy, at('.home/package'), at('package')]);
    },
    actions: [
      'swap-workers: package/module0.py added, package/module1.py added, package/module10.py added and 297 more',
    ],
  },
  'an older archive unpacked over it': {
    async prepare(at) {
      await mkdir(at('.home/old'), { recursive: true });
      await writeFile(at('.home/old/score.py'), 'VERSION = 0\n');
      await writeFile(at('.home/old/helper.py'), 'HELP = 0\n');
      await utimes(at('.home/old/score.py'), 1, 1);
      await run('tar', ['-cf', at('.home/old.tar'), '-C', at('.home/old'), '.']);
    },
    save: (at) => run('tar', ['-xf', at('.home/old.tar'), '-C', at()]),
    actions: ['swap-workers: helper.py changed, score.py changed'],
  },
  'another branch checked out': {
    async prepare(at) {
      const git = (...args: string[]) =>
        run('git', ['-C', at(), '-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args]);
      await git('init', '-q', '-b', 'one');
      await git('add', '.');
      await git('commit', '-qm', 'one');
      await git('checkout', '-qb', 'two');
      await writeFile(at('score.py'), 'VERSION = 2\n');
      await writeFile(at(onnx), 'weights 2');
      await git('commit', '-qam', 'two');
      await git('checkout', '-q', 'one');
    },
    save: (at) => run('git', ['-C', at(), 'checkout', '-q', 'two']),
    actions: ['load-model: model.onnx changed', 'swap-workers: score.py changed'],
    together: false,
  },
  'a script and a model together': {
    async save(at) {
      await writeFile(at('score.py'), 'VERSION = 2\n');
      await writeFile(at('models/triton/digits/config.pbtxt'), 'name: "digits"\nmax_batch_size: 4\n');
    },
    actions: ['load-model: config.pbtxt changed', 'swap-workers: score.py changed'],
  },
  'a model configuration': {
    save: (at) => appendFile(at('models/triton/digits/config.pbtxt'), 'max_batch_size: 8\n'),
    actions: ['load-model: config.pbtxt changed'],
  },
  'weights renamed over': {
    async save(at) {
      await writeFile(at(`${onnx}.tmp`), 'weights 2');
      await rename(at(`${onnx}.tmp`), at(onnx));
    },
    actions: weights,
  },
  'weights copied slowly': {
    async save(at) {
      const file = await open(at(onnx), 'w');
      for (let piece = 0; piece < 15; piece += 1) {
        await file.write(Buffer.alloc(300_000, piece));
        await sleep(100);
      }
      await file.close();
    },
    actions: weights,
  },
  'a version moved in': {
    async prepare(at) {
      await mkdir(at('.home/2'), { recursive: true });
      await writeFile(at('.home/2/model.onnx'), 'weights 2');
    },
    save: (at) => rename(at('.home/2'), at('models/triton/digits/2')),
    actions: ['load-model: version 2 added'],
  },
  'a version that is a link, pointed elsewhere': {
    async prepare(at) {
      await mkdir(at('.home'));
      await rename(at('models/triton/digits/1'), at('.home/a'));
      await cp(at('.home/a'), at('.home/b'), { recursive: true });
      await writeFile(at('.home/b/model.onnx'), 'weights 2');
      await symlink('../../../.home/a', at('models/triton/digits/1'));
    },
    async save(at) {
      await rm(at('models/triton/digits/1'));
      await symlink('../../../.home/b', at('models/triton/digits/1'));
    },
    actions: weights,
  },
  'a model folder removed and made again at once': {
    async save(at) {
      const text = await readFile(at('models/triton/digits/config.pbtxt'));
      await rm(at('models/triton/digits'), { recursive: true });
      await mkdir(at('models/triton/digits/1'), { recursive: true });
      await writeFile(at('models/triton/digits/config.pbtxt'), text);
      await writeFile(at(onnx), 'weights 2');
    },
    actions: weights,
  },
  'a model added': {
    async save(at) {
      await cp(at('models/triton/digits'), at('models/triton/letters'), { recursive: true });
    },
    actions: ['load-model: model added'],
  },
  'a model removed': {
    save: (at) => rm(at('models/triton/digits'), { recursive: true }),
    actions: ['unload-model: model removed'],
  },
};

describe.concurrent('a save is seen once and whole', () => {
  for (const [title, { prepare, save, actions, together = true }] of Object.entries(patterns)) {
    it(title, async ({ expect }) => {
      await using project = await openPrepared(prepare);
      const completed = project.next('reload.completed');
      const pause = await save(project.at);
      await completed;
      await sleep(800);
      // A machine that was too busy to keep the pauses short made two saves of it.
      const once = ['reload.planned', 'reload.completed'];
      if (together)
        expect(project.reloads()).toEqual(
          typeof pause === 'number' && pause > QUIET_MS ? expect.arrayContaining(once) : once,
        );
      const last = project.calls.at(-1);
      if (together) expect(last?.actions).toEqual(actions);
      else expect(project.completed().flatMap(namesOfActions).sort()).toEqual(actions);
      const now = await snapshotProject(project.config);
      expect(last?.snapshot.sources).toEqual(now.sources);
      expect(fingerprints(last?.snapshot)).toEqual(fingerprints(now));
    });
  }
});

const noise: Record<string, (at: At) => Promise<void>> = {
  touch: (at) => utimes(at('score.py'), new Date(), new Date()),
  'another mode': (at) => chmod(at('score.py'), 0o600),
  'equal content': async (at) => writeFile(at('score.py'), readFileSync(at('score.py'))),
  'equal weights': async (at) => writeFile(at(onnx), readFileSync(at(onnx))),
  'equal content renamed over': async (at) => {
    await cp(at('score.py'), at('score.py.tmp'));
    await rename(at('score.py.tmp'), at('score.py'));
  },
  'files that editors and Python leave': async (at) => {
    await mkdir(at('__pycache__'));
    await writeFile(at('__pycache__/score.cpython-311.pyc'), 'x');
    for (const name of ['.score.py.swp', 'score.py~', '#score.py#', '4913', 'score.py.tmp', 'run.log'])
      await writeFile(at(name), 'x');
    await mkdir(at('.git'));
    await writeFile(at('.git/config.json'), 'x');
  },
  'a virtual environment under any name': async (at) => {
    await mkdir(at('.staging/lib'), { recursive: true });
    await writeFile(at('.staging/pyvenv.cfg'), '');
    await writeFile(at('.staging/lib/module.py'), 'x');
    await rename(at('.staging'), at('myenv'));
  },
};

describe.concurrent('nothing is reloaded for', () => {
  for (const [title, act] of Object.entries(noise)) {
    it(title, async ({ expect }) => {
      await using project = await openPrepared();
      await act(project.at);
      await sleep(2_500);
      expect(project.calls).toEqual([]);
      expect(project.events).toEqual([]);
    });
  }
});

describe.skipIf(process.platform !== 'linux')('weights that another process copies', () => {
  it('are awaited while it holds them open, however long it pauses', async ({ expect }) => {
    await using project = await openPrepared();
    const copy = `
      const { openSync, writeSync, closeSync } = require('node:fs');
      const file = openSync(process.argv[1], 'w');
      writeSync(file, 'half');
      setTimeout(() => { writeSync(file, ' and half'); closeSync(file); }, 1_500);`;
    const completed = project.next('reload.completed');
    await run(process.execPath, ['-e', copy, project.at(onnx)]);
    await completed;
    expect(project.calls.map((call) => call.actions)).toEqual([weights]);
    expect(fingerprints(project.calls[0]?.snapshot)).toEqual(
      fingerprints(await snapshotProject(project.config)),
    );
  });
});

describe('a folder that is gone', () => {
  it('is followed again after it was removed and recreated', async ({ expect }) => {
    await using project = await openPrepared();
    const first = project.next('reload.completed');
    await rm(project.at('models/triton/digits'), { recursive: true });
    await mkdir(project.at('models/triton/digits/1'), { recursive: true });
    await writeFile(project.at(onnx), 'weights 2');
    await first;
    await sleep(500);
    const second = project.next('reload.completed');
    const savedAt = performance.now();
    await writeFile(project.at(onnx), 'weights 3');
    await second;
    expect(project.completed()).toHaveLength(2);
    expect(performance.now() - savedAt).toBeLessThan(2_000);
  });

  it('leaves what is loaded alone while the whole repository is away', async ({ expect }) => {
    await using project = await openPrepared();
    const said = project.next('log.line');
    await rename(project.at('models/triton'), project.at('.home'));
    expect((await said).text).toContain('is gone; what is loaded keeps serving until it is back');
    await sleep(1_000);
    await rename(project.at('.home'), project.at('models/triton'));
    await sleep(2_500);
    expect(project.calls).toEqual([]);
    const completed = project.next('reload.completed');
    await writeFile(project.at(onnx), 'weights 2');
    await completed;
    expect(project.completed()).toHaveLength(1);
  });
});

const namesOfActions = ({ actions }: EventOf<'reload.completed'>) =>
  actions.map(({ kind, reason }) => `${kind}: ${reason}`);

/** Waits, and returns how long it really took. */
async function pauseFor(milliseconds: number): Promise<number> {
  const begun = performance.now();
  await sleep(milliseconds);
  return performance.now() - begun;
}

/** Opens a project, prepared before the reloader starts, and waits until its watchers are armed. */
async function openPrepared(prepare?: Pattern['prepare']): Promise<Project> {
  const project = await openProject(undefined, prepare);
  await sleep(600);
  return project;
}

function fingerprints(snapshot: Awaited<ReturnType<typeof snapshotProject>> | undefined) {
  return [...(snapshot?.repository?.models ?? [])]
    .map(([name, { fingerprint }]) => [name, fingerprint])
    .sort();
}
