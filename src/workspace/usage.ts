import { appendFile, readFile, utimes } from 'node:fs/promises';
import path from 'node:path';

/** File in the folder of a running emulator that lists what it uses in the state folder, one path per line. */
const USES_FILE = 'uses';

/** Records that the emulator of this instance folder uses an item of the state folder, such as an environment. */
export async function noteUse(home: string, instanceDirectory: string, file: string): Promise<void> {
  const item = itemOf(home, file);
  if (item === undefined) return;
  await appendFile(path.join(instanceDirectory, USES_FILE), `${item}\n`);
  const now = new Date();
  // Lets `prune` see when it was last used. If we may not change the folder, its age is less exact.
  await utimes(item, now, now).catch(() => undefined);
}

/** The items that the emulator of an instance folder uses. */
export async function readUses(instanceDirectory: string): Promise<readonly string[]> {
  const text = await readFile(path.join(instanceDirectory, USES_FILE), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

/** `<home>/KIND/NAME` of a file in it; undefined for a file elsewhere. */
function itemOf(home: string, file: string): string | undefined {
  const [kind, name] = path.relative(home, file).split(path.sep);
  return kind && kind !== '..' && !path.isAbsolute(kind) && name ? path.join(home, kind, name) : undefined;
}
