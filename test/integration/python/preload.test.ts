// WORKER_PRELOAD: the script is loaded and init() runs once; the workers are forked from that process, as by gunicorn.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ScorePool, type ScorePoolOptions, startScorePool } from '../../../src/python/index.ts';
import { ask, isAlive, Project, post, textOf } from './project.ts';
import { hasRealServer, RealServer } from './real-server.ts';

const SCRIPT = `
import ctypes, logging, os, signal, sys, time
state = {}
def init():
    print("init")
    with open("inits", "a") as file:
        file.write("%d " % os.getpid())
    state["by"] = os.getpid()
def run(data):
    if data == "segfault":
        ctypes.string_at(0)
    elif data == "exit":
        os._exit(7)
    elif data == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif data == "hang":
        time.sleep(600)
    elif data == "orphan":
        if os.fork() == 0:
            time.sleep(600)
        os._exit(7)
    elif data == "master":
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(600)
    elif data == "print":
        print("printed")
        os.write(2, b"from C\\n")
    elif data == "big":
        return "x" * 3000000
    time.sleep(0.05)
    return [os.getpid(), os.getppid(), state["by"], os.getpgrp()]
`;

describe.skipIf(process.platform === 'win32')('a preloaded pool', () => {
  let project: Project;
  afterEach(() => project?.[Symbol.asyncDispose]());

  const start = async (change: Partial<ScorePoolOptions> = {}, script = SCRIPT) => {
    project = await Project.create(script);
    const options = project.options({ workers: 2, preload: true, ...change });
    return project.use(await startScorePool(options, AbortSignal.timeout(30_000)));
  };
  const inits = () =>
    readFileSync(path.join(project.directory, 'inits'), 'utf8').trim().split(' ').map(Number);
  const answers = async (pool: ScorePool) => {
    const replies = await Promise.all(Array.from({ length: 4 }, () => ask(pool, post(''))));
    return replies.map((reply) => JSON.parse(textOf(reply)) as [number, number, number, number]);
  };

  it.skipIf(!hasRealServer)('runs init() as often and in the same place as the real server', async () => {
    const pool = await start();
    const real = project.use(
      await RealServer.start(project.directory, 'score.py', { WORKER_PRELOAD: 'true', WORKER_COUNT: '2' }),
    );
    const shape = ([pid, parent, by]: number[]) => [pid === parent, parent === by];
    // It says that it is ready before it listens: its master has loaded the script by then.
    const reply = await vi.waitFor(() => real.ask(post('')), 10_000);
    const theirs = JSON.parse(reply.body.toString());
    const ours = await answers(pool);
    expect(ours.map(shape)).toEqual(ours.map(() => shape(theirs)));
    expect(inits()).toEqual([ours[0]?.[1], theirs[1]]);
  });

  it('gives each worker a process and a group of its own, and what init() made', async () => {
    const pool = await start();
    const pids = pool.workers().map(({ pid }) => pid);
    const told = await answers(pool);
    expect(new Set(told.map(([pid]) => pid))).toEqual(new Set(pids));
    for (const [pid, master, by, group] of told) expect([by, group]).toEqual([master, pid]);
    expect(inits()).toHaveLength(1);
    expect(project.lines('script')).toEqual(['info init']);
    expect(JSON.parse(textOf(await ask(pool, post('big'))))).toHaveLength(3_000_000);
  });

  it.each([
    ['segfault', { exitCode: null, signal: 'SIGSEGV' }],
    ['exit', { exitCode: 7, signal: null }],
    ['kill', { exitCode: null, signal: 'SIGKILL' }],
    ['orphan', { exitCode: 7, signal: null }],
  ])('%s: the worker is forked again, without another init()', async (end, exit) => {
    const pool = await start();
    const exited = project.bus.next('worker.exited');
    const ready = project.bus.next('worker.ready');
    const [dead, ...others] = await Promise.all(
      [end, '', '', ''].map((body) => pool.score(post(body), new AbortController().signal)),
    );
    expect(dead?.kind).toBe('lost');
    for (const other of others) expect(other).toMatchObject({ kind: 'reply', status: 200 });
    expect(await exited).toMatchObject({ ...exit, expected: false });
    const { pid } = await ready;
    expect((await answers(pool)).map(([worker]) => worker)).toContain(pid);
    expect(inits()).toHaveLength(1);
  });

  it('ends a hang at WORKER_TIMEOUT, with the place in the script', async () => {
    const pool = await start({ workerTimeoutMs: 300 });
    const ready = project.bus.next('worker.ready');
    expect(await pool.score(post('hang'), new AbortController().signal)).toMatchObject({ kind: 'aborted' });
    await ready;
    const lines = project.lines('worker').filter((line) => line.startsWith('error'));
    expect(lines).toContain(`error   File "${project.entryScript}", line 17 in run`);
    await answers(pool);
    expect(inits()).toHaveLength(1);
  });

  it('attributes the lines of a worker', async () => {
    const pool = await start();
    const line = project.bus.next('log.line', ({ text }) => text === 'from C');
    await ask(pool, post('print', { id: 'printing' }));
    expect(await line).toMatchObject({ source: 'worker', requestId: 'printing' });
    expect(project.events).toContainEqual(
      expect.objectContaining({ text: 'printed', source: 'script', requestId: 'printing' }),
    );
  });

  it('starts another process to fork from where that one dies', async () => {
    const pool = await start();
    const before = pool.workers().map(({ pid }) => pid);
    let exits = 0;
    const allExited = project.bus.next('worker.exited', () => ++exits === before.length);
    const lost = pool.score(post('master'), new AbortController().signal);
    expect(await lost).toMatchObject({ kind: 'lost' });
    await allExited;
    await answers(pool);
    expect(inits()).toHaveLength(2);
    for (const pid of before) expect(isAlive(pid)).toBe(false);
  });

  it('reports a failure of init() once, and leaves no process running', async () => {
    const failing = start({}, 'def init():\n    print(1 / 0)\ndef run(data):\n    pass\n');
    await expect(failing).rejects.toMatchObject({ code: 'SCRIPT_FAILED', location: { line: 2 } });
    expect(project.lines('script').filter((line) => line.includes('ZeroDivisionError'))).toHaveLength(1);
  });

  it('ends the process that loads the script when the start is aborted', async () => {
    project = await Project.create(SCRIPT.replace('state["by"]', 'time.sleep(600)\n    state["by"]'));
    const abort = new AbortController();
    const starting = startScorePool(project.options({ workers: 2, preload: true }), abort.signal);
    await vi.waitFor(inits, 10_000);
    abort.abort(new Error('a newer save'));
    await expect(starting).rejects.toThrow('a newer save');
    expect(inits().map(isAlive)).toEqual([false]);
  });

  it('leaves no process and no file of its own', async () => {
    const sockets = () =>
      readdirSync(os.tmpdir()).filter((name) => existsSync(path.join(os.tmpdir(), name, 'fork')));
    const pool = await start();
    const pids = [...pool.workers().map(({ pid }) => pid), ...inits()];
    await pool[Symbol.asyncDispose]();
    expect(pids.filter(isAlive)).toEqual([]);
    expect(sockets()).toEqual([]);
  });
});
