import type { Writable } from 'node:stream';

const closed = new WeakSet<Writable>();
const guarded = new WeakSet<Writable>();

/**
 * Makes a stream's errors harmless: a reader that has gone away (`| head`, a closed terminal) must not end the process.
 * Afterwards `isClosed` tells.
 */
export function guard(stream: Writable): void {
  if (guarded.has(stream)) return;
  guarded.add(stream);
  stream.on('error', () => closed.add(stream));
}

export function isClosed(stream: Writable): boolean {
  return closed.has(stream) || stream.destroyed || stream.writableEnded;
}

/** Writes text at once, unless the reader has gone away. */
export function write(stream: Writable, text: string): void {
  guard(stream);
  if (!isClosed(stream)) stream.write(text);
}
