// What scripts, their threads and C code write, as log lines: whole, in order, at once, and kept together.
import { afterEach, describe, expect, it } from 'vitest';
import { startScorePool } from '../../../src/python/index.ts';
import { ask, Project, post } from './project.ts';

let project: Project;
afterEach(() => project?.[Symbol.asyncDispose]());

async function start(script: string, workers = 1) {
  project = await Project.create(script);
  return project.use(await startScorePool(project.options({ workers }), AbortSignal.timeout(30_000)));
}

const scriptLines = () =>
  project.events.flatMap((event) => (event.type === 'log.line' && event.source === 'script' ? [event] : []));

describe('lines that belong together', () => {
  it('are not mixed with those of another worker', async () => {
    const pool = await start(
      `import logging, sys, traceback
def init():
    pass
def run(data):
    for n in range(100):
        try:
            deeper(data)
        except ValueError:
            traceback.print_exc()
            logging.exception("record %s", data)
        sys.stdout.write("first %s\\nsecond %s\\n" % (data, data))
def deeper(data):
    raise ValueError(data)
`,
      2,
    );
    await Promise.all(['a', 'b'].map((name) => ask(pool, post(name, { id: name }))));
    const lines = scriptLines();
    expect(lines.length).toBeGreaterThan(2_000);
    for (const [at, { requestId }] of lines.entries()) {
      const before = lines[at - 1];
      // Where the other worker comes in, what the first one had to say was complete.
      if (before && before.requestId !== requestId) expect(before.text).toMatch(/^(ValueError|second)/);
    }
  });

  it('keep the level of an error, also in a thread, and come without a frame of ours', async () => {
    const pool = await start(`
import sys, threading, traceback
def init():
    pass
def run(data):
    print("before", file=sys.stderr)
    try:
        1 / 0
    except ZeroDivisionError:
        traceback.print_exc()
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    sys.stderr.write("Traceback (most recent call last):\\n  broken off\\n")
def fail():
    raise KeyError("in a thread")
`);
    await ask(pool, post(''));
    const lines = project.lines('script');
    expect(lines[0]).toBe('warning before');
    expect(lines).toContain('error ZeroDivisionError: division by zero');
    expect(lines).toContain("error KeyError: 'in a thread'");
    expect(lines.slice(-2)).toEqual(['error Traceback (most recent call last):', 'error   broken off']);
    expect(lines.filter((line) => line === 'error Traceback (most recent call last):')).toHaveLength(3);
    expect(lines.join('\n')).not.toContain('harness');
  });
});

describe('what is written', () => {
  it.skipIf(process.platform === 'win32')(
    'by C code arrives while run() is running, with the request id',
    async () => {
      const pool = await start(`
import ctypes, time
def init():
    global libc
    libc = ctypes.CDLL(None)
    libc.puts(b"in init")
def run(data):
    libc.puts(b"from C")
    time.sleep(600)
`);
      const line = project.bus.next('log.line', ({ text }) => text === 'from C');
      const running = pool.score(post('', { id: 'c' }), new AbortController().signal);
      expect(await line).toMatchObject({ source: 'worker', level: 'info', requestId: 'c' });
      expect(project.lines('worker')).toContain('info in init');
      await pool[Symbol.asyncDispose]();
      await running;
    },
  );

  it('by print() arrives while run() is running', async () => {
    const pool = await start(
      'import time\ndef init():\n    pass\ndef run(data):\n    print("at once")\n    time.sleep(600)\n',
    );
    const line = project.bus.next('log.line', ({ text }) => text === 'at once');
    const running = pool.score(post(''), new AbortController().signal);
    await line;
    await pool[Symbol.asyncDispose]();
    await running;
  });

  it('is UTF-8, whatever the script asks its streams for', async () => {
    const pool = await start(
      'import sys\nsys.stdout.reconfigure(encoding="utf-8", line_buffering=True)\ndef init():\n    pass\n' +
        'def run(data):\n    print("ü\\ud800", flush=True)\n    sys.stdout.writelines(["a\\n", "b\\n"])\n',
    );
    await ask(pool, post(''));
    expect(project.lines('script')).toEqual(['info ü\\ud800', 'info a', 'info b']);
  });

  it('in a great many lines at once comes whole', async () => {
    const pool = await start(
      'def init():\n    pass\ndef run(data):\n    print("\\n".join("%06d" % n + "x" * 100 for n in range(20000)))\n',
    );
    await ask(pool, post(''));
    const lines = project.lines('script');
    expect(lines).toHaveLength(20_000);
    expect(lines.every((line, n) => line === `info ${String(n).padStart(6, '0')}${'x'.repeat(100)}`)).toBe(
      true,
    );
  });
});
