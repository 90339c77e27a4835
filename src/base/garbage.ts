import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** So long after large buffers were let go of; a flood of them is cleared away once. */
const IDLE_MS = 3_000;

let timer: NodeJS.Timeout | undefined;

/**
 * Has the memory of buffers that were just let go of given back within seconds. V8 counts them, but a process that
 * does nothing more never collects them, and would keep hundreds of megabytes for good.
 */
export function collectSoon(): void {
  clearTimeout(timer);
  timer = setTimeout(collect, IDLE_MS);
  timer.unref();
}

function collect(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  gc();
}
