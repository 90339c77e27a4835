import { startRenderer } from '../../src/ui/index.ts';
import { FakeControl } from './fake-control.ts';
import { ready, reloaded, reloadFailed, request, traceback } from './story.ts';

// Shows the screen with a made-up emulator behind it, for eyes and tmux:
//   npx esbuild test/helpers/demo-screen.ts --bundle --platform=node --format=esm --packages=external \
//     --outfile=/tmp/demo.mjs && node /tmp/demo.mjs [tui|plain|json] [logLinesPerSecond]

const kind = process.argv[2] === 'plain' || process.argv[2] === 'json' ? process.argv[2] : 'tui';
const linesPerSecond = Number(process.argv[3] ?? 3);
const control = new FakeControl();
const { stdin, stdout } = process;
const color = process.env.NO_COLOR === undefined;
const renderer = await startRenderer(kind, { control, stdin, stdout, color });
const emit = control.bus.emit.bind(control.bus);
const timers: NodeJS.Timeout[] = [];
const later = (ms: number, run: () => void) => timers.push(setTimeout(run, ms));

for (const [index, event] of ready.entries()) later(index * 60, () => emit(event));
later(2_000, () => reloaded.forEach(emit));
later(4_000, () => emit(request(404, 0.8, '/scores')));
later(5_000, () => emit(traceback));
later(5_500, () => reloadFailed.forEach(emit));
let count = 0;
timers.push(
  setInterval(
    () => {
      for (let line = 0; line < Math.max(1, linesPerSecond / 20); line += 1) {
        count += 1;
        const text = `INFO:digits:scored sample ${count} in ${(1 + Math.random() * 3).toFixed(2)} ms, digit ${count % 10}`;
        emit({ type: 'log.line', source: 'script', level: 'info', text });
      }
      if (Math.random() < 0.7) emit(request(200, 2 + Math.random() * 9));
    },
    linesPerSecond > 20 ? 50 : 1_000 / linesPerSecond,
  ),
);
control.onReload = async () => reloaded.forEach(emit);
const stopped = new Promise<void>((resolve) => process.once('SIGTERM', resolve));
await Promise.race([renderer.left, stopped]);
for (const timer of timers) clearInterval(timer);
await renderer[Symbol.asyncDispose]();
stdin.unref?.();
