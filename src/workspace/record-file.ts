import { open } from 'node:fs/promises';

/** Records are small; a larger file is not ours. */
const MAX_RECORD_BYTES = 64 * 1024;

/** The value in a small JSON file: undefined if there is no file, null if it is damaged. */
export async function readRecord(file: string): Promise<unknown> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) return undefined;
  try {
    const { size } = await handle.stat();
    return size > MAX_RECORD_BYTES ? null : JSON.parse(await handle.readFile('utf8'));
  } catch {
    return null;
  } finally {
    await handle.close();
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
