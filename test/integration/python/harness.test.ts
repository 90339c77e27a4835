import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeControl, encodeRequest, FrameReader, type ReplyFrame } from '../../../src/python/frames.ts';
import { harnessDirectory } from '../../../src/python/harness-directory.ts';
import { ENVIRONMENT, Project, post, TEST_PYTHON } from './project.ts';

// The worker program alone, spoken to by frames.
describe('the harness', () => {
  let project: Project;
  let worker: ChildProcess;
  let exited: Promise<number | null>;
  const messages: { type: string; message?: string }[] = [];
  const replies: ReplyFrame[] = [];
  let wake = () => {};

  beforeEach(async () => {
    project = await Project.create('def init():\n    print("in init")\ndef run(data):\n    return data\n');
    worker = spawn(TEST_PYTHON, [path.join(harnessDirectory(), 'worker.py')], { env: ENVIRONMENT });
    exited = new Promise((resolve) => worker.once('exit', resolve));
    messages.length = 0;
    replies.length = 0;
    const reader = new FrameReader({
      onControl: (message) => messages.push(message as { type: string }) && wake(),
      onReply: (reply) => replies.push(reply) && wake(),
      onChunk: () => undefined,
      onLog: () => undefined,
    });
    worker.stdout?.on('data', (chunk: Buffer) => reader.push(chunk));
  });
  afterEach(async () => {
    worker.kill('SIGKILL');
    await project[Symbol.asyncDispose]();
  });

  const until = async (isThere: () => boolean) => {
    while (!isThere()) await new Promise<void>((resolve) => (wake = resolve));
  };
  const write = (...frames: Uint8Array[]) => worker.stdin?.write(Buffer.concat(frames));
  const startFrame = () =>
    encodeControl({
      type: 'start',
      entryScript: project.entryScript,
      sourceDirectory: project.directory,
      dataDirectory: project.dataDirectory,
      debug: false,
      environment: { SERVER_PORT: '5001', WORKER_COUNT: '1' },
      scoringTimeoutMs: 1_000,
      initTimeoutMs: 1_000,
    });
  const frameOf = (body: string) => encodeRequest(post(body), true)[0];

  it('says hello, gets ready, and answers in order frames that came in one piece', async () => {
    write(startFrame(), frameOf('a'), frameOf('b'), frameOf('c'));
    await until(() => replies.length === 3);
    expect(messages.map(({ type }) => type)).toEqual(['hello', 'ready']);
    expect(replies.map(({ body }) => body.toString())).toEqual(['"a"', '"b"', '"c"']);
  });

  it('puts together frames that come byte by byte', async () => {
    for (const byte of Buffer.concat([startFrame(), frameOf('slow')])) {
      worker.stdin?.write(Buffer.of(byte));
    }
    await until(() => replies.length === 1);
    expect(replies[0]?.body.toString()).toBe('"slow"');
  });

  it.each(['nothing', 'half a frame', 'a start'])(
    'ends by itself when stdin closes after %s',
    async (what) => {
      if (what === 'half a frame') write(startFrame().subarray(0, 20));
      if (what === 'a start') {
        write(startFrame());
        await until(() => messages.some(({ type }) => type === 'ready'));
      }
      worker.stdin?.end();
      expect(await exited).toBe(0);
    },
  );

  it('imports the given modules before the script, and survives those that cannot be imported', async () => {
    write(encodeControl({ type: 'preload', modules: ['decimal', 'no_such_module', 'antigravity.no'] }));
    await until(() => messages.some(({ type }) => type === 'preloaded'));
    write(startFrame());
    await until(() => messages.some(({ type }) => type === 'ready'));
  });

  it('leaves with status 3 after a script that failed', async () => {
    await project.write('score.py', 'x = 1 / 0\n');
    write(startFrame());
    expect(await exited).toBe(3);
    expect(messages.at(-1)).toMatchObject({ type: 'failed', message: 'ZeroDivisionError: division by zero' });
  });
});
