import { PassThrough, Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { startTui } from '../../../../src/ui/index.ts';
import { FakeControl } from '../../../helpers/fake-control.ts';
import { ready, request } from '../../../helpers/story.ts';

const LINES_PER_SECOND = 5_000;
const SECONDS = 2;
const KEYS = 4;
const KEY_LIMIT_MS = 5_000;

it('keeps up with 5,000 log lines per second in few frames, and still answers keys', async () => {
  const control = new FakeControl();
  let frames = 0;
  let written = '';
  const stdout = Object.assign(
    new Writable({
      decodeStrings: false,
      write: (chunk: string, _encoding, done) => {
        frames += 1;
        written += chunk;
        done();
      },
    }),
    { isTTY: true, columns: 160, rows: 50 },
  ) as unknown as NodeJS.WriteStream;
  const input = new PassThrough();
  const terminal = { isTTY: true, setRawMode: () => input, ref: () => input, unref: () => input };
  const stdin = Object.assign(input, terminal) as unknown as NodeJS.ReadStream;
  const screen = await startTui({ control, stdin, stdout, color: true });
  for (const event of ready) control.bus.emit(event);

  let lines = 0;
  const began = performance.now();
  const latencies: number[] = [];
  let nextKeyAt = 1_200;
  let framesPerSecond: number | undefined;
  frames = 0;
  const isOver = (passed: number) => passed >= SECONDS * 1_000 && latencies.length >= KEYS;
  for (let passed = 0; !isOver(passed); passed = performance.now() - began) {
    while (lines < (passed / 1_000) * LINES_PER_SECOND) {
      lines += 1;
      const text = `INFO:digits:scored sample ${lines} with a text of usual length that says this and that ${lines % 97}`;
      control.bus.emit({ type: 'log.line', source: 'script', level: 'info', text });
      if (lines % 50 === 0) control.bus.emit(request());
    }
    if (passed >= nextKeyAt) {
      nextKeyAt += 200;
      framesPerSecond ??= (frames / passed) * 1_000;
      written = '';
      const pressedAt = performance.now();
      input.write('f');
      // The rule above the log names the filter; each press changes it.
      while (!/── log · /.test(written) && performance.now() - pressedAt < KEY_LIMIT_MS) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      latencies.push(performance.now() - pressedAt);
    }
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
  input.write('/last');
  control.bus.emit({ type: 'log.line', source: 'script', level: 'error', text: 'the last line' });
  await expect.poll(() => written).toContain('the last line');
  await screen[Symbol.asyncDispose]();

  expect(lines).toBeGreaterThan(LINES_PER_SECOND * SECONDS * 0.95);
  expect(framesPerSecond).toBeLessThanOrEqual(10);
  // How soon is a figure, and depends on what else the machine does; that each was answered is the behaviour.
  expect(Math.max(...latencies)).toBeLessThan(KEY_LIMIT_MS);
  process.stdout.write(
    `log pane at ${LINES_PER_SECOND} lines/s: a key is answered after ${median(latencies)} ms\n`,
  );
});

function median(values: readonly number[]): string {
  return ([...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0).toFixed();
}
