import type { Writable } from 'node:stream';

const closed = new WeakSet<Writable>();
const guarded = new WeakSet<Writable>();

/**
 * Ignores a stream's errors, because a reader that has gone away (`| head`, a closed terminal) must not end the
 * process. Afterwards `isClosed` is true.
 */
export function guard(stream: Writable): void {
  if (guarded.has(stream)) return;
  guarded.add(stream);
  stream.on('error', () => closed.add(stream));
}

export function isClosed(stream: Writable): boolean {
  return closed.has(stream) || stream.destroyed || stream.writableEnded;
}

/** Writes text immediately, unless the reader has gone away. */
export function write(stream: Writable, text: string): void {
  guard(stream);
  if (!isClosed(stream)) stream.write(text);
}
