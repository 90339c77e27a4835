import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** So long after large buffers were let go of; a flood of them is cleared away once. */
const IDLE_MS = 3_000;

/** Less than this is not worth a collection. */
const LARGE_BYTES = 4 * 1024 * 1024;

let timer: NodeJS.Timeout | undefined;

/**
 * Has the memory of a large buffer that was just let go of given back within seconds. V8 counts such buffers, but a
 * process that does nothing more never collects them, and would keep hundreds of megabytes for good.
 */
export function collectSoon(bytes: number): void {
  if (bytes < LARGE_BYTES) return;
  clearTimeout(timer);
  timer = setTimeout(collect, IDLE_MS);
  timer.unref();
}

function collect(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  gc();
}
