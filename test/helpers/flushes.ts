import { type FileHandle, open } from 'node:fs/promises';
import { vi } from 'vitest';

/** Runs a task and calls `look` before each flush of a file or folder to disk. @returns what it saw, in order */
export async function watchFlushes<Seen>(
  look: () => Promise<Seen>,
  task: () => Promise<unknown>,
): Promise<Seen[]> {
  const seen: Seen[] = [];
  const handle = await open(import.meta.filename);
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const { sync } = prototype;
  const spy = vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
    seen.push(await look());
    await sync.call(this);
  });
  try {
    await task();
  } finally {
    spy.mockRestore();
  }
  return seen;
}
