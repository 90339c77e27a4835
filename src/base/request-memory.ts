import { totalmem } from 'node:os';

/** The minimum, however small the machine. */
const LEAST_BYTES = 512 * 1024 * 1024;

/** Bytes that all waiting and running requests may hold together: a quarter of what this process may use. */
export function requestMemoryLimit(): number {
  const allowed = process.constrainedMemory?.() ?? 0;
  const total = totalmem();
  // Without a limit, this is 0 or larger than any memory.
  const memory = allowed > 0 && allowed < total ? allowed : total;
  return Math.max(LEAST_BYTES, Math.floor(memory / 4));
}
