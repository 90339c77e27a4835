/** Calls `end` when a load is called off, until disposed of. */
export function whenAborted(signal: AbortSignal | undefined, end: () => void): Disposable {
  if (signal?.aborted) end();
  signal?.addEventListener('abort', end, { once: true });
  return { [Symbol.dispose]: () => signal?.removeEventListener('abort', end) };
}
