import { mkdtemp, rm, stat } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { userError } from '../../../src/base/index.ts';
import { connectControl, type ServiceControl, serveControl } from '../../../src/control/index.ts';
import { keepToOwner } from '../../../src/control/server.ts';
import { type EmulatorEvent, EventBus, initialState } from '../../../src/events/index.ts';

/** An emulator's side, with a bus and calls to look at. */
class FakeControl implements ServiceControl {
  readonly bus = new EventBus();
  readonly calls: string[] = [];
  listeners = 0;
  onStop = async () => {};

  async state() {
    return { ...initialState, projectDir: 'ü'.repeat(100_000) };
  }

  async reload(model?: string): Promise<void> {
    this.calls.push(`reload ${model}`);
    if (model === 'bad')
      throw userError('MODEL_BROKEN', 'no such backend', {
        hint: 'name one',
        location: { file: 'config.pbtxt', line: 3 },
      });
    if (model === 'fault') throw new TypeError('a fault of ours');
    if (model === 'long') await new Promise(() => {});
  }

  async publish(port: number): Promise<void> {
    this.calls.push(`publish ${port}`);
  }

  async rekey(): Promise<void> {
    this.calls.push('rekey');
  }

  async pause(): Promise<void> {
    this.calls.push('pause');
  }

  async resume(): Promise<void> {
    this.calls.push('resume');
  }

  async pin(): Promise<void> {
    this.calls.push('pin');
  }

  async unpin(): Promise<void> {
    this.calls.push('unpin');
  }

  async skipDownload(): Promise<void> {
    this.calls.push('skip-download');
  }

  async accessKey(): Promise<string | undefined> {
    this.calls.push('access-key');
    return 'a-key';
  }

  async stop(reason: string): Promise<void> {
    this.calls.push(`stop ${reason}`);
    await this.onStop();
  }

  subscribe(listener: (event: EmulatorEvent) => void): () => void {
    this.listeners += 1;
    const unsubscribe = this.bus.subscribe(listener);
    let ended = false;
    return () => {
      if (!ended) this.listeners -= 1;
      ended = true;
      unsubscribe();
    };
  }
}

let directory: string;
let socketPath: string;
let control: FakeControl;
let server: AsyncDisposable;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'tl-control-'));
  socketPath =
    process.platform === 'win32'
      ? `\\\\.\\pipe\\${path.basename(directory)}`
      : path.join(directory, 'control.sock');
  control = new FakeControl();
  server = await serveControl(control, socketPath);
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const line = (text: string) =>
  ({ type: 'log.line', source: 'script', level: 'info', text }) as const satisfies Parameters<
    EventBus['emit']
  >[0];

type Opened = { control: ServiceControl; end: () => PromiseLike<void> };
const forms: [string, () => Promise<Opened>][] = [
  ['in process', async () => ({ control, end: async () => {} })],
  [
    'over the socket',
    async () => {
      const remote = await connectControl(socketPath);
      return { control: remote, end: () => remote[Symbol.asyncDispose]() };
    },
  ],
];

describe.each(forms)('a control %s', (_form, open) => {
  let opened: Opened;
  beforeEach(async () => {
    opened = await open();
  });
  afterEach(() => opened.end());

  it('returns the state', async () => {
    expect(await opened.control.state()).toEqual(await control.state());
  });

  it('reloads the project, or one model', async () => {
    await opened.control.reload();
    await opened.control.reload('digits');
    expect(control.calls).toEqual(['reload undefined', 'reload digits']);
  });

  it('throws what the emulator throws', async () => {
    await expect(opened.control.reload('bad')).rejects.toMatchObject({
      code: 'MODEL_BROKEN',
      kind: 'user',
      message: 'no such backend',
      hint: 'name one',
      location: { file: 'config.pbtxt', line: 3 },
    });
    await expect(opened.control.reload('fault')).rejects.toThrow('a fault of ours');
  });

  it('moves the scoring service and reads the keys again', async () => {
    await opened.control.publish(6789);
    await opened.control.rekey();
    expect(control.calls).toEqual(['publish 6789', 'rekey']);
  });

  it('stops with a reason', async () => {
    await opened.control.stop('enough');
    expect(control.calls).toEqual(['stop enough']);
  });

  it('hands every event to every listener until it is called off', async () => {
    const first: EmulatorEvent[] = [];
    const second: EmulatorEvent[] = [];
    const off = opened.control.subscribe((event) => first.push(event));
    const offSecond = opened.control.subscribe((event) => second.push(event));
    await opened.control.state();
    control.bus.emit(line('one'));
    control.bus.emit(line('two\nthree'));
    await expect
      .poll(() => first)
      .toMatchObject([
        { seq: 1, text: 'one' },
        { seq: 2, text: 'two\nthree' },
      ]);
    off();
    off();
    control.bus.emit(line('four'));
    await expect.poll(() => second).toHaveLength(3);
    expect(first).toHaveLength(2);
    offSecond();
    await expect.poll(() => control.listeners).toBe(0);
  });
});

describe('the control socket', () => {
  it('leaves the rights of a pipe on Windows as they are', async () => {
    await keepToOwner('\\\\.\\pipe\\not-there', 'win32');
    await expect(keepToOwner('/not/there', 'darwin')).rejects.toThrow('ENOENT');
  });

  it.skipIf(process.platform === 'win32')("is its owner's alone", async () => {
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
  });

  it('lets several terminals in at once, each with its own subscription', async () => {
    const one = await connectControl(socketPath);
    const other = await connectControl(socketPath);
    const seen: EmulatorEvent[] = [];
    one.subscribe(() => {});
    other.subscribe((event) => seen.push(event));
    await Promise.all([one.state(), other.state()]);
    await one[Symbol.asyncDispose]();
    await expect.poll(() => control.listeners).toBe(1);
    control.bus.emit(line('for the other'));
    await expect.poll(() => seen).toHaveLength(1);
    await other[Symbol.asyncDispose]();
    await expect.poll(() => control.listeners).toBe(0);
  });

  it('stops the emulator even though that ends the socket, and answers when all is done', async () => {
    let finish = () => {};
    control.onStop = async () => {
      await server[Symbol.asyncDispose]();
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    };
    const remote = await connectControl(socketPath);
    let done = false;
    const stopped = remote.stop('enough').then(() => {
      done = true;
    });
    await expect.poll(() => stat(socketPath).catch(() => 'gone')).toBe('gone');
    expect(done).toBe(false);
    finish();
    await stopped;
    await remote.closed;
  });

  it('ends what waits when the emulator goes away, and twice is once', async () => {
    const remote = await connectControl(socketPath);
    const reload = remote.reload('long');
    const failed = expect(reload).rejects.toMatchObject({ code: 'CONTROL_CLOSED' });
    await expect.poll(() => control.calls).toEqual(['reload long']);
    const ended = server[Symbol.asyncDispose]();
    expect(server[Symbol.asyncDispose]()).toBe(ended);
    await Promise.all([ended, failed, remote.closed]);
    await expect(remote.state()).rejects.toMatchObject({ code: 'CONTROL_CLOSED' });
    expect(() => remote.subscribe(() => {})()).not.toThrow();
    await expect(connectControl(socketPath)).rejects.toMatchObject({ code: 'CONTROL_UNREACHABLE' });
  });

  it('disconnects a terminal that does not read, and no other', async () => {
    const deaf = await openRaw();
    deaf.write('{"id":1,"method":"subscribe"}\n');
    const remote = await connectControl(socketPath);
    let seen = 0;
    remote.subscribe(() => {
      seen += 1;
    });
    await remote.state();
    await expect.poll(() => control.listeners).toBe(2);
    deaf.pause();
    const text = 'x'.repeat(64 * 1024);
    for (let count = 0; count < 400 && control.listeners === 2; count += 1) {
      control.bus.emit(line(text));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => control.listeners).toBe(1);
    const before = seen;
    control.bus.emit(line('still here'));
    await expect.poll(() => seen).toBeGreaterThan(before);
    deaf.destroy();
    await remote[Symbol.asyncDispose]();
  });

  it.each([
    ['text that is not JSON', 'hello\n'],
    ['an object that is not a request', '{"id":1}\n'],
    ['an unknown method', '{"id":1,"method":"constructor"}\n'],
    ['a line without end', 'x'.repeat(100_000)],
  ])('closes the connection on %s', async (_case, text) => {
    const socket = await openRaw();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined).resume();
    socket.write(text);
    await closed;
    const remote = await connectControl(socketPath);
    await remote.state();
    await remote[Symbol.asyncDispose]();
  });

  it('says so if the path is taken or not usable', async () => {
    await expect(serveControl(control, socketPath)).rejects.toMatchObject({ code: 'CONTROL_UNAVAILABLE' });
  });
});

describe('connecting', () => {
  let other: Server | undefined;
  afterEach(async () => {
    await new Promise((resolve) => (other ? other.close(resolve) : resolve(undefined)));
    other = undefined;
  });

  it.each([
    ['a newer version', '{"v":2,"pid":1}\n', 'CONTROL_VERSION'],
    ['something else', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'CONTROL_UNREACHABLE'],
  ])('refuses %s', async (_case, greeting, code) => {
    const elsewhere = `${socketPath}2`;
    other = createServer((socket) => {
      socket.on('error', () => undefined).resume();
      socket.write(greeting);
    }).listen(elsewhere);
    await expect(connectControl(elsewhere)).rejects.toMatchObject({ code });
  });
});

function openRaw(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => resolve(socket));
    socket.once('error', reject);
  });
}

it('refuses what only an emulator takes if the process is not one', async () => {
  await server[Symbol.asyncDispose]();
  const endpoint = {
    state: () => control.state(),
    stop: (reason: string) => control.stop(reason),
    subscribe: (listener: (event: EmulatorEvent) => void) => control.subscribe(listener),
  };
  server = await serveControl(endpoint, socketPath);
  await using remote = await connectControl(socketPath);
  await expect(remote.pause()).rejects.toMatchObject({
    code: 'CONTROL_UNSUPPORTED',
    message: 'this process is not an emulator: it does not take "pause"',
  });
  expect((await remote.state()).projectDir).toMatch(/^ü/);
});
