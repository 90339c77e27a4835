import { PassThrough, Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { startTui } from '../../../../src/ui/index.ts';
import { FakeControl } from '../../../helpers/fake-control.ts';
import { ready, request } from '../../../helpers/story.ts';

const LINES_PER_SECOND = 5_000;
const SECONDS = 2;

it('keeps up with 5,000 log lines a second in few frames, and answers keys meanwhile', async () => {
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
  let nextKeyAt = 300;
  frames = 0;
  for (let passed = 0; passed < SECONDS * 1_000; passed = performance.now() - began) {
    while (lines < (passed / 1_000) * LINES_PER_SECOND) {
      lines += 1;
      const text = `INFO:digits:scored sample ${lines} with a text of usual length that says this and that ${lines % 97}`;
      control.bus.emit({ type: 'log.line', source: 'script', level: 'info', text });
      if (lines % 50 === 0) control.bus.emit(request());
    }
    if (passed >= nextKeyAt) {
      nextKeyAt += 400;
      written = '';
      const pressedAt = performance.now();
      input.write('f');
      // The rule above the log names the filter; each press changes it.
      while (!/── log · /.test(written) && performance.now() - pressedAt < 1_000) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      latencies.push(performance.now() - pressedAt);
    }
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
  const framesPerSecond = frames / SECONDS;
  input.write('/last');
  control.bus.emit({ type: 'log.line', source: 'script', level: 'error', text: 'the last line' });
  await expect.poll(() => written).toContain('the last line');
  await screen[Symbol.asyncDispose]();

  expect(lines).toBeGreaterThan(LINES_PER_SECOND * SECONDS * 0.95);
  // Ten a second, and up to thirty for the third of a second after each of the four keys.
  expect(framesPerSecond).toBeLessThan(25);
  expect(latencies.length).toBeGreaterThanOrEqual(3);
  expect(Math.max(...latencies)).toBeLessThan(300);
});
