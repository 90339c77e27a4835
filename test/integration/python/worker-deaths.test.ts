// Whatever ends or hangs a worker affects only its own request; the worker is replaced and the others continue.
import { afterEach, expect, it } from 'vitest';
import { type ScorePoolOptions, startScorePool } from '../../../src/python/index.ts';
import { startService } from '../../unit/scoring/service.ts';
import { ask, Project, post, textOf } from './project.ts';
import { hasRealServer, RealServer } from './real-server.ts';

let project: Project;
afterEach(() => project?.[Symbol.asyncDispose]());

const never = new AbortController().signal;

const SCRIPT = `
import ctypes, os, resource, signal, sys, time
def init():
    pass
def run(data):
    if data == "segfault":
        ctypes.string_at(0)
    elif data == "exit":
        os._exit(7)
    elif data == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif data == "memory":
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        return len(bytearray(1 << 34))
    elif data == "sleep":
        hang()
    elif data == "swallow":
        while True:
            try:
                hang()
            except BaseException:
                pass
    elif data == "hold":
        ctypes.PyDLL(None).sleep(600)
    return os.getpid()
def hang():
    time.sleep(600)
`;

async function start(change: Partial<ScorePoolOptions> = {}) {
  project = await Project.create(SCRIPT);
  return project.use(
    await startScorePool(project.options({ workers: 2, ...change }), AbortSignal.timeout(30_000)),
  );
}

it.skipIf(process.platform === 'win32').each([
  ['segfault', { exitCode: null, signal: 'SIGSEGV' }],
  ['exit', { exitCode: 7, signal: null }],
  ['kill', { exitCode: null, signal: 'SIGKILL' }],
])('%s: the others are answered, and a new worker comes', async (end, exit) => {
  const pool = await start();
  const exited = project.bus.next('worker.exited');
  const ready = project.bus.next('worker.ready');
  const [dead, ...others] = await Promise.all(
    [end, 'a', 'b', 'c', 'd'].map((body) => pool.score(post(body), never)),
  );
  expect(dead?.kind).toBe('lost');
  for (const other of others) expect(other).toMatchObject({ kind: 'reply', status: 200 });
  expect(await exited).toMatchObject({ ...exit, expected: false });
  await ready;
  expect(pool.workers().map(({ state, busy }) => [state, busy])).toEqual(Array(2).fill(['ready', false]));
  expect(await pool.drain(1_000)).toBe(true);
});

it.skipIf(process.platform === 'win32')('a crash names file and line, with no frame of ours', async () => {
  const pool = await start();
  await pool.score(post('segfault', { id: 'crash' }), never);
  const lines = project.lines('worker').filter((line) => line.startsWith('error'));
  expect(lines[0]).toBe('error Fatal Python error: Segmentation fault');
  expect(lines).toContain(`error   File "${project.entryScript}", line 7 in run`);
  expect(lines.join('\n')).not.toContain('harness');
  expect(project.events).toContainEqual(
    expect.objectContaining({ type: 'log.line', text: lines[0]?.slice(6), requestId: 'crash' }),
  );
});

it.skipIf(process.platform === 'win32')('memory that runs out is an error of the script', async () => {
  const pool = await start({ workers: 1 });
  const reply = await ask(pool, post('memory'));
  expect([reply.status, reply.runFunctionFailed]).toEqual([500, true]);
  expect(project.lines('script').at(-1)).toBe('error MemoryError');
  expect((await ask(pool, post(''))).status).toBe(200);
});

it.skipIf(process.platform === 'win32').each(['sleep', 'swallow', 'hold'])(
  'a hang (%s) is ended at WORKER_TIMEOUT, with the place in the script',
  async (hang) => {
    const pool = await start({ workerTimeoutMs: 300 });
    const exited = project.bus.next('worker.exited');
    const ready = project.bus.next('worker.ready');
    const hanging = pool.score(post(hang, { id: 'hang' }), never);
    const others = await Promise.all(Array.from({ length: 5 }, () => ask(pool, post(''))));
    expect(new Set(others.map(textOf)).size).toBe(1);
    expect(await hanging).toMatchObject({ kind: 'aborted' });
    expect(await exited).toMatchObject({ expected: false });
    const lines = project.lines('worker').filter((line) => line.startsWith('error'));
    expect(lines[0]).toMatch(
      /^error run\(\) did not return within WORKER_TIMEOUT \(0\.3 s\): the worker \(process \d+\) is being ended$/,
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^error {3}File ".*score\.py", line \d+ in (run|hang)$/),
    );
    await ready;
    expect((await ask(pool, post(''))).status).toBe(200);
  },
);

it.skipIf(!hasRealServer)('a hang is answered as by the real server', async () => {
  const pool = await start({ workerTimeoutMs: 1_000 });
  const service = project.use(await startService(pool));
  const real = project.use(await RealServer.start(project.directory, 'score.py', { WORKER_TIMEOUT: '1' }));
  const ours = fetch(`http://127.0.0.1:${service.port}/score`, { method: 'POST', body: 'sleep' });
  const theirs = await real.ask(post('sleep'));
  const { status, headers } = await ours;
  expect([
    status,
    await (await ours).text(),
    headers.get('content-type'),
    headers.get('x-request-id'),
  ]).toEqual([
    theirs.status,
    theirs.body.toString(),
    theirs.headers.find(([name]) => name === 'Content-Type')?.[1],
    null,
  ]);
});

it('waits forever if WORKER_TIMEOUT is 0', async () => {
  const pool = await start({ workerTimeoutMs: 0 });
  const hanging = pool.score(post('sleep'), never);
  await ask(pool, post(''));
  expect(pool.workers().filter(({ busy }) => busy)).toHaveLength(1);
  await pool[Symbol.asyncDispose]();
  expect(await hanging).toMatchObject({ kind: 'lost' });
});
