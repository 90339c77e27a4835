import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Delay after the last large buffer was released, so that many of them cause one collection. */
const IDLE_MS = 3_000;

/** Smaller buffers are not worth a collection. */
const LARGE_BYTES = 4 * 1024 * 1024;

let timer: NodeJS.Timeout | undefined;

/**
 * Returns the memory of a large buffer that was just released within seconds. V8 counts such buffers, but an idle
 * process never collects them and would keep hundreds of megabytes for good.
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
