import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/base/index.ts';
import type { EventBody } from '../../../src/events/index.ts';
import { type PlainOptions, startJson, startPlain } from '../../../src/ui/index.ts';
import { FakeControl } from '../../helpers/fake-control.ts';
import {
  PROJECT,
  ready,
  reloaded,
  reloadFailed,
  request,
  timingsOf,
  traceback,
} from '../../helpers/story.ts';

async function plain(events: readonly EventBody[], options: Partial<PlainOptions> = {}): Promise<string[]> {
  const control = new FakeControl();
  const stdout = new PassThrough();
  const renderer = startPlain({ control, stdout, ...options });
  for (const event of events) control.bus.emit(event);
  await renderer[Symbol.asyncDispose]();
  return String(stdout.read() ?? '')
    .split('\n')
    .slice(0, -1);
}

describe('startPlain', () => {
  it('shows a start in lines that end with the addresses', async () => {
    expect(await plain(ready)).toEqual([
      `starting ${PROJECT} (process 4711)`,
      'engine   embedded on CPU: Docker does not answer (connect ENOENT /var/run/docker.sock), no tritonserver on PATH',
      'model    digits version 1 LOADING',
      'model    digits version 1 READY',
      'model    densenet_onnx version 2 READY',
      'engine   embedded 2.51.0 ready at http://localhost:8000 in 214 ms',
      'script   INFO:digits:labels read from models/triton/digits/labels.txt',
      'worker   process 4801 of generation 1 ready, init() took 131 ms',
      'worker   process 4802 of generation 1 ready, init() took 141 ms',
      'ready    in 812 ms',
      '         scoring  http://localhost:6789/score',
      '         page     http://localhost:6789/_triton-local/',
      '         Triton   http://localhost:8000',
      expect.stringMatching(/^ {9}try {6}curl http:\/\/localhost:6789\/score -H /) as string,
    ]);
  });

  it('shows the ports of gRPC and metrics where they are open', async () => {
    const addresses = { grpcAddress: '127.0.0.1:8001', metricsUrl: 'http://127.0.0.1:8002/metrics' };
    const open = ready.map((event) => (event.type === 'emulator.ready' ? { ...event, ...addresses } : event));
    expect(await plain(open)).toEqual(
      expect.arrayContaining([
        '         gRPC     127.0.0.1:8001',
        '         metrics  http://127.0.0.1:8002/metrics',
      ]),
    );
  });

  it('says that the process of a model was restarted', async () => {
    const model = { model: 'mortal', version: '1', state: 'READY', reason: '', restarts: 2 } as const;
    expect(await plain([{ type: 'model.state', ...model }])).toEqual([
      'model    mortal version 1 READY, its process started again (2 in all)',
    ]);
  });

  it('says how to see the key if callers need one', async () => {
    const withKey = ready.map((event) =>
      event.type === 'emulator.starting' ? { ...event, auth: 'key' as const } : event,
    );
    expect(await plain(withKey)).toContain('         key      triton-local keys --show');
    expect(await plain(ready)).not.toContain('         key      triton-local keys --show');
  });

  it('shows a request by method, path, status, time and id', async () => {
    const [line] = await plain([request(200, 3.24)]);
    expect(line).toMatch(/^request {2}POST \/score 200 3\.2 ms 5f2a0c31-\S+$/);
  });

  it('shows a reload with its timings, and a failed one with place, hint and what is still serving', async () => {
    const lines = await plain([...ready, ...reloaded, ...reloadFailed]);
    expect(lines).toContain(
      'reloaded score.py: generation 2 in 132 ms (notice 2.6 ms + quiet 80 ms + warm 46 ms + switch 3.0 ms)',
    );
    expect(lines.slice(-3)).toEqual([
      "failed   score.py:27: SyntaxError: '(' was never closed",
      '         hint: mend line 27 and save: the next good save takes over by itself',
      '         generation 2 still serves',
    ]);
  });

  it('reports a pause, disabled watching, and the answer to the pinned request', async () => {
    const replay = { method: 'POST', path: '/score', status: 200, generation: 2 };
    const lines = await plain([
      { type: 'reload.watching', mode: 'events', reason: '' },
      { type: 'reload.watching', mode: 'paused', reason: '' },
      { type: 'reload.watching', mode: 'off', reason: '--no-watch' },
      { type: 'replay.pinned', ...replay },
      {
        type: 'replay.answered',
        ...replay,
        statusBefore: 500,
        totalMs: 3,
        differences: [{ path: 'digit', before: '', after: '5' }],
        differenceCount: 1,
      },
    ]);
    expect(lines).toEqual([
      'watching paused: saves are not followed',
      'watching off (--no-watch)',
      'replay   POST /score 200, again after each reload',
      'replay   POST /score 200: status 500 -> 200, digit nothing -> 5',
    ]);
  });

  it('says what is still broken when something else reloads', async () => {
    const other: EventBody = {
      type: 'reload.completed',
      generation: 2,
      actions: [{ kind: 'load-model', target: 'digits', reason: 'changed' }],
      causes: ['digits/config.pbtxt'],
      timings: timingsOf({ quietMs: 80, loadMs: 10 }),
    };
    expect((await plain([...ready, ...reloadFailed, other])).at(-1)).toBe(
      '         still broken: score.py:27',
    );
  });

  it('begins the lines of a model with its name', async () => {
    const written = { type: 'log.line', source: 'engine', text: 'one\ntwo', model: 'digits' } as const;
    expect(
      await plain([
        { ...written, level: 'info' },
        { ...written, level: 'error' },
      ]),
    ).toEqual([
      'engine   digits: one',
      'engine   digits: two',
      'engine   digits: error: one',
      'engine   digits: error: two',
    ]);
  });

  it("leaves library frames out of tracebacks and keeps Python's words", async () => {
    const lines = await plain([traceback]);
    expect(lines).toEqual([
      'script   Traceback (most recent call last):',
      'script     (1 library frame left out)',
      `script     File "${PROJECT}/score.py", line 31, in run`,
      'script       return classify(json.loads(data))',
      'script     (1 library frame left out)',
      'script     File "/usr/lib/python3.11/json/decoder.py", line 337, in decode',
      'script       obj, end = self.raw_decode(s, idx=_w(s, 0).end())',
      'script   json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)',
    ]);
  });

  it('repeats the same step of a long preparation only now and then', async () => {
    let time = 0;
    const clock: Clock = { now: () => time, after: () => () => undefined };
    const control = new FakeControl();
    const stdout = new PassThrough();
    const renderer = startPlain({ control, stdout, clock });
    for (let count = 1; count <= 120; count += 1) {
      time += 100;
      const step = count <= 110 ? 'downloading' : 'installing';
      control.bus.emit({ type: 'environment.progress', environment: 'python', step, detail: `${count} MB` });
    }
    await renderer[Symbol.asyncDispose]();
    expect(String(stdout.read()).trimEnd().split('\n')).toEqual([
      'prepare  python: downloading 1 MB',
      'prepare  python: downloading 51 MB',
      'prepare  python: downloading 101 MB',
      'prepare  python: installing 111 MB',
    ]);
  });

  it('leaves out what is below the threshold, and says the level of what we say ourselves', async () => {
    const say = (level: 'debug' | 'info' | 'warning', source: 'script' | 'emulator'): EventBody => ({
      type: 'log.line',
      source,
      level,
      text: 'words',
    });
    const events = [
      say('debug', 'script'),
      say('info', 'emulator'),
      say('warning', 'emulator'),
      say('warning', 'script'),
    ];
    expect(await plain(events)).toEqual(['emulator words', 'emulator warning: words', 'script   words']);
    expect(await plain(events, { threshold: 'warning' })).toEqual([
      'emulator warning: words',
      'script   words',
    ]);
  });

  it('writes no escape without colour, and only colours with it, whatever scripts and callers send', async () => {
    const hostile = '\u001B[2J\u001B[31mred\u001B]0;x\u0007';
    const events: EventBody[] = [
      ...ready,
      { type: 'log.line', source: 'script', level: 'error', text: hostile },
      request(500, 1, `/${hostile}`),
      ...reloadFailed,
    ];
    expect((await plain(events)).join('\n')).not.toMatch(/(?!\n)\p{Cc}/u);
    const colored = (await plain(events, { color: true })).join('\n');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is looked for
    expect(colored.replaceAll(/\u001B\[[0-9;]*m/g, '')).not.toMatch(/(?!\n)\p{Cc}/u);
    expect(colored).toContain('\u001B[31mred\u001B[0m');
  });

  it('continues quietly when its reader has gone away', async () => {
    const control = new FakeControl();
    let writes = 0;
    const stdout = new Writable({
      autoDestroy: false,
      write: (_chunk, _encoding, done) => {
        writes += 1;
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      },
    });
    const renderer = startPlain({ control, stdout });
    control.bus.emit(request());
    await expect.poll(() => writes).toBe(1);
    for (let count = 0; count < 5; count += 1) control.bus.emit(request());
    await renderer[Symbol.asyncDispose]();
    await renderer[Symbol.asyncDispose]();
    expect(writes).toBe(1);
  });

  it('gathers lines that come close together into one write, which does not wait for more', async () => {
    const control = new FakeControl();
    const stdout = new PassThrough();
    const renderer = startPlain({ control, stdout });
    for (let count = 0; count < 100; count += 1) control.bus.emit(request());
    const [chunk] = await once(stdout, 'data');
    expect(String(chunk).split('\n')).toHaveLength(101);
    await renderer[Symbol.asyncDispose]();
  });

  it('bounds what waits for a stalled reader', async () => {
    const control = new FakeControl();
    const stdout = new Writable({ write: () => undefined });
    const renderer = startPlain({ control, stdout });
    const text = 'x'.repeat(4_000);
    for (let turn = 0; turn < 60; turn += 1) {
      for (let count = 0; count < 200; count += 1) {
        control.bus.emit({ type: 'log.line', source: 'script', level: 'info', text });
      }
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    }
    expect(stdout.writableLength).toBeLessThan(20 * 1024 * 1024);
    await renderer[Symbol.asyncDispose]();
  });
});

describe('startJson', () => {
  it('writes every event as one object a line and nothing else', async () => {
    const control = new FakeControl();
    const stdout = new PassThrough();
    const renderer = startJson({ control, stdout });
    const events = [...ready, ...reloaded, request(), traceback];
    for (const event of events) control.bus.emit(event);
    control.bus.emit({ type: 'log.line', source: 'engine', level: 'debug', text: 'detail' });
    await renderer[Symbol.asyncDispose]();
    control.bus.emit(request());
    const lines = String(stdout.read()).trimEnd().split('\n');
    const parsed = lines.map((line) => JSON.parse(line) as { seq: number; type: string });
    expect(parsed.map((event) => event.type)).toEqual(events.map((event) => event.type));
    expect(parsed.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  });
});
