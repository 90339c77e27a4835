import { copyFile, link, mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno } from '../../base/index.ts';

/**
 * Fills `to` with the `wanted` entries of `from`, recursively. Files become hard links, which cost nothing and are regular
 * files in a container's mount and in an archive. On file systems without hard links, they are copied.
 */
export async function linkTree(
  from: string,
  to: string,
  wanted: (entry: string) => boolean = () => true,
): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of (await readdir(from)).filter(wanted)) {
    const source = path.join(from, entry);
    const target = path.join(to, entry);
    if ((await stat(source)).isDirectory()) await linkTree(source, target);
    else await linkFile(source, target);
  }
}

async function linkFile(source: string, target: string): Promise<void> {
  try {
    await link(source, target);
  } catch (error) {
    if (!hasErrno(error, 'EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK')) throw error;
    await copyFile(source, target);
  }
}
