import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { PythonTraceback, type ScorePoolOptions, startScorePool } from '../../../src/python/index.ts';
import { ask, ENVIRONMENT, isAlive, Project, post, textOf } from './project.ts';
import { withoutPackages } from './without-packages.ts';

let project: Project;
afterEach(() => project[Symbol.asyncDispose]());

const limit = () => AbortSignal.timeout(30_000);
const never = new AbortController().signal;

async function start(script: string, change: Partial<ScorePoolOptions> = {}) {
  project = await Project.create(script);
  return project.use(await startScorePool(project.options(change), limit()));
}

const failure = (script: string, change: Partial<ScorePoolOptions> = {}) =>
  start(script, change).then(
    () => expect.fail('it started'),
    (error) => error,
  );

describe('a pool that serves', () => {
  it('runs init() once in each worker and reports each', async () => {
    const pool = await start(
      'import os\ndef init():\n    print("init", os.getpid())\ndef run(data):\n    return os.getpid()\n',
      {
        workers: 2,
        generation: 7,
      },
    );
    const pids = pool.workers().map(({ pid }) => pid);
    expect(new Set(pids).size).toBe(2);
    expect(pool.workers().map(({ state, busy }) => [state, busy])).toEqual(Array(2).fill(['ready', false]));
    expect(project.lines('script').sort()).toEqual(pids.map((pid) => `info init ${pid}`).sort());
    for (const type of ['worker.started', 'worker.ready'] as const) {
      const told = project.events.filter((event) => event.type === type);
      expect(told).toMatchObject(pids.map(() => ({ generation: 7 })));
    }
  });

  it('gives each worker one request at a time and the rest in order', async () => {
    const pool = await start(
      'import time\norder = []\ndef init():\n    pass\ndef run(data):\n    order.append(data)\n    time.sleep(0.01)\n    return order\n',
    );
    const replies = await Promise.all(['a', 'b', 'c', 'd'].map((body) => ask(pool, post(body))));
    expect(textOf(replies.at(-1) ?? expect.fail())).toBe('["a", "b", "c", "d"]');
    const waits = replies.map(({ queueMs }) => queueMs);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(replies[0]?.runMs).toBeGreaterThanOrEqual(10);
  });

  it('runs init() and run() on the main thread', async () => {
    const pool = await start(
      'import threading\ndef init():\n    global first\n    first = threading.current_thread()\n' +
        'def run(data):\n    return [first is threading.current_thread() is threading.main_thread()]\n',
    );
    expect(textOf(await ask(pool, post('')))).toBe('[true]');
  });

  it('carries bodies of many megabytes both ways', async () => {
    const pool = await start('def init():\n    pass\ndef run(data):\n    return data\n');
    const body = 'x'.repeat(40_000_000);
    expect(textOf(await ask(pool, post(body)))).toBe(JSON.stringify(body));
  });

  it('leaves stdin empty and keeps C-level output out of the frames', async () => {
    const pool = await start(
      'import os, subprocess, sys\ndef init():\n    pass\ndef run(data):\n    os.write(1, b"from fd 1\\n")\n' +
        '    subprocess.run(["echo", "from a child"])\n    return [sys.stdin.read(), os.read(0, 1).decode()]\n',
    );
    const child = project.bus.next('log.line', ({ text }) => text === 'from a child');
    expect(textOf(await ask(pool, post('')))).toBe('["", ""]');
    expect(await child).toMatchObject({ source: 'worker' });
    expect(project.lines('worker')).toContain('info from fd 1');
  });

  it('ends a run() that takes longer than the limit, as the real server does', async () => {
    const pool = await start('import time\ndef init():\n    pass\ndef run(data):\n    time.sleep(60)\n', {
      scoringTimeoutMs: 50,
    });
    const reply = await ask(pool, post(''));
    expect([reply.status, textOf(reply), reply.runFunctionFailed]).toEqual([
      500,
      '{"message": "Scoring timeout after 50 ms"}',
      true,
    ]);
    expect(project.lines('script').at(-1)).toBe('error TimeoutError');
    const [worker] = pool.workers();
    await ask(pool, post(''));
    expect(pool.workers()[0]?.pid).toBe(worker?.pid);
  });

  it('survives a timeout in the middle of heavy printing', async () => {
    const pool = await start(
      'def init():\n    pass\ndef run(data):\n    while data:\n        print("x" * 5000)\n    return 1\n',
      {
        scoringTimeoutMs: 20,
      },
    );
    for (let n = 0; n < 20; n++) expect((await ask(pool, post('go'))).status).toBe(500);
    expect(textOf(await ask(pool, post('')))).toBe('1');
    expect(project.events.filter(({ type }) => type === 'worker.exited')).toEqual([]);
  });
});

describe('what a script writes', () => {
  it('comes as lines with the request id, in order, with the levels of logging', async () => {
    const pool = await start(`
import logging, sys
def init():
    pass
def run(data):
    print("one", end=" ")
    print("two\\nthree")
    print("to stderr", file=sys.stderr)
    logging.warning("careful")
    logging.getLogger("mine").error("broken")
    sys.stdout.buffer.write(b"bytes\\n")
    print("10%\\r20%\\r30%")
    print("no newline", end="")
`);
    await ask(pool, post('', { id: 'id-1' }));
    expect(project.lines('script')).toEqual([
      'info one two',
      'info three',
      'warning to stderr',
      'warning WARNING:root:careful',
      'error ERROR:mine:broken',
      'info bytes',
      'info 30%',
      'info no newline',
    ]);
    const ids = project.events.flatMap((event) =>
      event.type === 'log.line' && event.source === 'script' ? [event.requestId] : [],
    );
    expect(new Set(ids)).toEqual(new Set(['id-1']));
  });

  it('keeps a forced basicConfig() of the script working, formats and levels included', async () => {
    const pool = await start(`
import logging
def init():
    logging.basicConfig(force=True, level=logging.DEBUG, format="%(levelname)s|%(message)s")
def run(data):
    logging.debug("fine")
    logging.info("two\\nlines")
    logging.warning("w")
`);
    await ask(pool, post(''));
    expect(project.lines('script')).toEqual([
      'debug DEBUG|fine',
      'info INFO|two',
      'info lines',
      'warning WARNING|w',
    ]);
  });

  it('is split into pieces of 64 KiB only if a line is longer', async () => {
    const pool = await start(
      'def init():\n    pass\ndef run(data):\n    print("a" * 65536)\n    print("b" * 65537)\n',
    );
    await ask(pool, post(''));
    expect(project.lines('script').map((line) => line.length - 'info '.length)).toEqual([65_536, 65_536, 1]);
  });

  it('holds no broken frame when threads, processes and C code write at once', async () => {
    const pool = await start(`
import os, threading
def init():
    pass
def run(data):
    def write(name):
        for n in range(200):
            print(name, n)
            os.write(1, b"c\\n")
    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for one in threads: one.start()
    if os.fork() == 0:
        write("child")
        os._exit(0)
    os.wait()
    for one in threads: one.join()
    return "done"
`);
    expect(textOf(await ask(pool, post('')))).toBe('"done"');
    const script = project.lines('script');
    for (const name of ['a', 'b']) {
      expect(script.filter((line) => line.startsWith(`info ${name} `))).toEqual(
        Array.from({ length: 200 }, (_, n) => `info ${name} ${n}`),
      );
    }
  });

  it('includes the traceback of an error, in the words of Python and without our frames', async () => {
    const pool = await start(
      'def init():\n    pass\ndef run(data):\n    return helper(data)\ndef helper(data):\n    raise ValueError("bad")\n',
    );
    await ask(pool, post('', { id: 'id-2' }));
    expect(project.lines('script')).toEqual([
      'error Traceback (most recent call last):',
      `error   File "${project.entryScript}", line 4, in run`,
      'error     return helper(data)',
      expect.stringMatching(/^error {5,}\^+$|^error {3}File/),
      ...project.lines('script').slice(4, -1),
      'error ValueError: bad',
    ]);
    expect(project.lines('script').join('\n')).not.toContain('harness');
    expect(project.events.at(-1)).toMatchObject({ requestId: 'id-2' });
  });
});

describe('a script that does not come up', () => {
  it('names file and line of a SyntaxError', async () => {
    const error = await failure('def init():\n    pass\n\ndef run(data)\n    pass\n');
    expect(error).toMatchObject({
      code: 'SCRIPT_FAILED',
      kind: 'user',
      location: { file: project.entryScript, line: 4 },
    });
    expect(error.message).toMatch(
      /^Failed to import user script because it raised an unhandled exception: SyntaxError: /,
    );
    expect(error.cause).toBeInstanceOf(PythonTraceback);
    expect(error.cause.message).toContain('SyntaxError');
  });

  it('names the helper that is at fault', async () => {
    project = await Project.create('import helper\ndef init():\n    pass\ndef run(data):\n    pass\n');
    const helper = await project.write('helper.py', '\n\nx = (1\n');
    await expect(startScorePool(project.options(), limit())).rejects.toMatchObject({
      location: { file: helper, line: 3 },
    });
  });

  it("names the last place in the user's own files when a library raises", async () => {
    const error = await failure('import json\ndef init():\n    json.loads("{")\ndef run(data):\n    pass\n');
    expect(error.location).toEqual({ file: project.entryScript, line: 3 });
    expect(error.message).toMatch(/^User's init function failed: json\.decoder\.JSONDecodeError: /);
    expect(error.cause.message).toMatch(
      /^Traceback \(most recent call last\):\n {2}File ".*score\.py", line 3, in init/,
    );
  });

  it('logs the traceback once, and the model directory when init() fails', async () => {
    project = await Project.create(
      'def init():\n    raise RuntimeError("no model")\ndef run(data):\n    pass\n',
    );
    await project.write('model/1/weights.bin', 'x');
    const environment = { ...ENVIRONMENT, AZUREML_MODEL_DIR: path.join(project.directory, 'model') };
    await expect(startScorePool(project.options({ workers: 2, environment }), limit())).rejects.toThrow(
      'no model',
    );
    expect(project.lines('script').filter((line) => line === 'error RuntimeError: no model')).toHaveLength(1);
    expect(project.lines('worker').filter((line) => !line.startsWith('debug'))).toEqual([
      'info Model Directory Contents:',
      `info model${path.sep}`,
      `info     1${path.sep}`,
      'info         weights.bin',
    ]);
  });

  it.each([
    [
      'def init():\n    pass\n',
      /^User script at .*score\.py does not have a run\(\) function defined\.$/,
      undefined,
    ],
    [
      'def run(data):\n    pass\n',
      /^User script at .*score\.py does not have a init\(\) function defined\.$/,
      undefined,
    ],
    ['def init():\n    pass\ndef run():\n    pass\n', 'run() needs to accept an argument for input data.', 3],
    [
      'def init():\n    pass\ndef run(request_headers):\n    pass\n',
      'run() needs to accept an argument other than "request_headers".',
      3,
    ],
    [
      'def init():\n    pass\ndef run(*data):\n    pass\n',
      'run() cannot accept positional-only arguments, *args, or **kwargs.',
      3,
    ],
    [
      'def init():\n    pass\ndef run(data, /):\n    pass\n',
      'run() cannot accept positional-only arguments, *args, or **kwargs.',
      3,
    ],
    [
      'import sys\nsys.exit(4)\n',
      'Failed to import user script because it raised an unhandled exception: SystemExit: 4',
      2,
    ],
  ])('is refused with the real text: %j', async (script, message, line) => {
    const error = await failure(script);
    if (typeof message === 'string') expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
    expect(error.location).toEqual(
      line === undefined ? { file: project.entryScript } : { file: project.entryScript, line },
    );
  });

  it('reports a missing file', async () => {
    project = await Project.create();
    const starting = startScorePool(project.options(), limit());
    await expect(starting).rejects.toThrow(/^No such file or directory\./);
    await expect(starting).rejects.toMatchObject({
      code: 'SCRIPT_FAILED',
      location: { file: project.entryScript },
    });
  });

  it.each([
    ['src/score.py', 'src/helper.py', /--code .*src; .*, or import it as src\.helper$/],
    // Python's own module `code` hides the folder, and so does a name that is not valid in Python.
    ['code/score.py', 'code/helper.py', /--code .*code; in v2 it is code_configuration\.code\)$/],
    ['my-code/score.py', 'my-code/helper.py', /--code .*my-code; [^,]*$/],
  ])('tells how %s finds the helper beside it', async (script, helper, hint) => {
    project = await Project.create();
    const entryScript = await project.write(
      script,
      'import helper\ndef init():\n    pass\ndef run(d):\n    pass\n',
    );
    await project.write(helper, '');
    await expect(startScorePool(project.options({ entryScript }), limit())).rejects.toMatchObject({
      location: { file: entryScript, line: 1 },
      hint: expect.stringMatching(hint),
    });
  });

  it.each([
    ['from . import helper', /without the leading dot/],
    ['from .helper import x', /without the leading dot/],
    ['import argparse\nargparse.ArgumentParser().parse_args()', /parse_known_args\(\)/],
    ['import sys\nsys.exit(1)', /remove the exit/],
  ])('says what is wrong with %j at import', async (text, hint) => {
    const error = await failure(`${text}\ndef init():\n    pass\ndef run(d):\n    pass\n`);
    expect(error).toMatchObject({ code: 'SCRIPT_FAILED', hint: expect.stringMatching(hint) });
  });

  it.each([
    [{ kind: 'file', file: '/p/conda.yml' }, 'add scikit-learn to /p/conda.yml'],
    [{ kind: 'given', interpreter: '/python' }, 'install scikit-learn into the Python in use (/python)'],
    [
      { kind: 'default', packages: ['numpy', 'flask'] },
      /only numpy, flask are installed: list scikit-learn in a req/,
    ],
  ] as const)('says where a package is added: %j', async (packages, hint) => {
    const error = await failure(`${withoutPackages('sklearn')}\nimport sklearn.tree`, { packages });
    expect(error.hint).toEqual(typeof hint === 'string' ? hint : expect.stringMatching(hint));
  });

  it('is ended when init() hangs, and the place is named', async () => {
    const error = await failure(
      'import time\ndef init():\n    try:\n        time.sleep(60)\n    except Exception:\n        pass\ndef run(data):\n    pass\n',
      {
        initTimeoutMs: 300,
      },
    );
    expect(error).toMatchObject({ code: 'SCRIPT_FAILED', location: { file: project.entryScript, line: 4 } });
    expect(error.message).toContain('within 0.3 s');
  });

  it('is distinguished from a crash of the process', async () => {
    const error = await failure(
      'import os, sys\ndef init():\n    os.write(2, b"cannot open device\\n")\n    os._exit(9)\ndef run(data):\n    pass\n',
    );
    expect(error).toMatchObject({ code: 'SCRIPT_FAILED', location: { file: project.entryScript } });
    expect(error.message).toMatch(/exit code 9 .*cannot open device/);
  });

  it('leaves no process behind', async () => {
    await failure(
      'import time, threading\nthreading.Thread(target=time.sleep, args=(60,)).start()\ndef init():\n    raise ValueError\ndef run(d):\n    pass\n',
      { workers: 2 },
    );
    for (const event of project.events)
      if (event.type === 'worker.started') expect(isAlive(event.pid)).toBe(false);
  });

  it('stops starting when the signal aborts', async () => {
    project = await Project.create(
      'import time\ndef init():\n    time.sleep(60)\ndef run(data):\n    pass\n',
    );
    const controller = new AbortController();
    const started = project.bus.next('worker.started');
    const starting = startScorePool(project.options(), controller.signal);
    const { pid } = await started;
    controller.abort(new Error('newer save'));
    await expect(starting).rejects.toThrow('newer save');
    expect(isAlive(pid)).toBe(false);
  });

  it('is PYTHON_MISSING where the interpreter is not there', async () => {
    const error = await failure('', { interpreter: '/nowhere/python' });
    expect(error).toMatchObject({ code: 'PYTHON_MISSING', kind: 'system' });
  });
});

describe('a script without flask', () => {
  const hidden = 'import sys\nsys.modules["flask"] = None\n';
  const rest = 'def init():\n    pass\ndef run(data):\n    return "plain"\n';

  it('runs', async () => {
    const pool = await start(hidden + rest);
    expect(textOf(await ask(pool, post('')))).toBe('"plain"');
  });

  it('is told what to install if it uses the raw request', async () => {
    const error = await failure(
      `${hidden}from azureml.contrib.services.aml_request import rawhttp
${rest}`,
    );
    expect(error).toMatchObject({ code: 'SCRIPT_FAILED', hint: expect.stringContaining('flask') });
    expect(error.message).toMatch(/flask/);
  });
});

describe('a script with flask, but without the real server installed', () => {
  const hidden = `import sys
from importlib.machinery import PathFinder
class WithoutServer:
    @staticmethod
    def find_spec(name, path=None, target=None):
        is_server = name.split(".")[0] == "azureml_inference_server_http"
        return None if is_server else PathFinder.find_spec(name, path, target)
sys.meta_path[sys.meta_path.index(PathFinder)] = WithoutServer
`;

  it('answers with an AMLResponse', async () => {
    const pool = await start(`${hidden}from azureml.contrib.services.aml_response import AMLResponse
def init():
    pass
def run(data):
    return AMLResponse({"error": data}, 400, json_str=True)
`);
    const reply = await ask(pool, post('no image'));
    expect(reply).toMatchObject({ status: 400 });
    expect(textOf(reply)).toBe('{"error": "no image"}');
  });
});

describe('a worker that dies', () => {
  const fragile =
    'import os\ndef init():\n    pass\ndef run(data):\n    if data == "die":\n        os._exit(3)\n    return os.getpid()\n';

  it('costs only its own request and is replaced', async () => {
    const pool = await start(fragile, { workers: 2 });
    const ready = project.bus.next('worker.ready');
    const exited = project.bus.next('worker.exited');
    const [dead, ...others] = await Promise.all([
      pool.score(post('die'), never),
      ...Array.from({ length: 10 }, () => pool.score(post('x'), never)),
    ]);
    expect(dead).toMatchObject({ kind: 'lost', reason: expect.stringContaining('exit code 3') });
    expect(others.every((outcome) => outcome.kind === 'reply' && outcome.status === 200)).toBe(true);
    expect(await exited).toMatchObject({ exitCode: 3, signal: null, expected: false });
    await ready;
    expect(pool.workers()).toHaveLength(2);
    expect(await pool.drain(1_000)).toBe(true);
  });

  it('starts again with the sources of its generation, not with newer ones', async () => {
    project = await Project.create(
      'import os, helper\ndef init():\n    pass\ndef run(data):\n    if data == "die":\n        os._exit(3)\n    return ["old", helper.NAME]\n',
    );
    await project.write('helper.py', 'NAME = "old"\n');
    const pool = project.use(await startScorePool(project.options(), limit()));
    await project.write('helper.py', 'NAME = "new"\n');
    await project.write('score.py', 'this is no Python');
    await pool.score(post('die'), never);
    expect(textOf(await ask(pool, post('')))).toBe('["old", "old"]');
  });

  it('answers what waits when no worker comes up again', async () => {
    const pool = await start(
      'import os, pathlib\ndef init():\n    if pathlib.Path("broken").exists():\n        raise ValueError("broken")\ndef run(data):\n    os._exit(1)\n',
    );
    await project.write('broken', '');
    const outcomes = await Promise.all([pool.score(post(''), never), pool.score(post(''), never)]);
    expect(outcomes).toMatchObject([
      { kind: 'lost', reason: expect.stringContaining('exit code 1') },
      { kind: 'lost', reason: expect.stringContaining('broken') },
    ]);
  });
});

describe('an end', () => {
  const slow =
    'import time\ndef init():\n    pass\ndef run(data):\n    time.sleep(float(data))\n    return data\n';

  it('takes an aborted request out of the queue', async () => {
    const pool = await start(
      'seen = []\nimport time\ndef init():\n    pass\ndef run(data):\n    seen.append(data)\n    time.sleep(0.05)\n    return seen\n',
    );
    const controller = new AbortController();
    const first = ask(pool, post('a'));
    const aborted = pool.score(post('b'), controller.signal);
    const last = ask(pool, post('c'));
    controller.abort(new Error('gone'));
    await expect(aborted).rejects.toThrow('gone');
    await first;
    expect(textOf(await last)).toBe('["a", "c"]');
  });

  it('of the wait for an answer leaves the worker usable', async () => {
    const pool = await start(slow);
    const controller = new AbortController();
    const waiting = pool.score(post('0.1'), controller.signal);
    controller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    expect(pool.workers()[0]?.busy).toBe(true);
    expect(textOf(await ask(pool, post('0')))).toBe('"0"');
  });

  it('drains: true when all is answered, false at the limit', async () => {
    const pool = await start(slow);
    const running = ask(pool, post('0.2'));
    expect(await pool.drain(10)).toBe(false);
    expect(await pool.drain(10_000)).toBe(true);
    await running;
  });

  it('ends its processes, busy ones too, and can be asked twice', async () => {
    const pool = await start(slow, { workers: 2 });
    const pids = pool.workers().map(({ pid }) => pid);
    const running = pool.score(post('60'), never);
    await Promise.all([pool[Symbol.asyncDispose](), pool[Symbol.asyncDispose]()]);
    expect(await running).toMatchObject({ kind: 'lost' });
    expect(pids.map(isAlive)).toEqual([false, false]);
    expect(await pool.score(post('0'), never)).toMatchObject({ kind: 'lost' });
    const exits = project.events.filter(({ type }) => type === 'worker.exited');
    expect(exits).toMatchObject([{ expected: true }, { expected: true }]);
  });

  it('lets a script run its exit handlers', async () => {
    const pool = await start(
      'import atexit, pathlib\ndef init():\n    atexit.register(lambda: pathlib.Path("ended").write_text("yes"))\ndef run(data):\n    pass\n',
    );
    await pool[Symbol.asyncDispose]();
    expect(await readFile(path.join(project.directory, 'ended'), 'utf8')).toBe('yes');
  });

  it('ends what the script has left running', async () => {
    const pool = await start(
      'import subprocess\ndef init():\n    global child\n    child = subprocess.Popen(["sleep", "600"])\ndef run(data):\n    return child.pid\n',
    );
    const pid = Number(textOf(await ask(pool, post(''))));
    expect(isAlive(pid)).toBe(true);
    await pool[Symbol.asyncDispose]();
    await expect.poll(() => isAlive(pid)).toBe(false);
  });
});
