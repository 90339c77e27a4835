import { createHash } from 'node:crypto';
import path from 'node:path';
import { realFolder } from './instances.ts';

/** The event log of a project's emulator: one file for each project and `--id`. */
export function eventLogOf(home: string, projectDir: string, name: string | null): string {
  const folder = realFolder(projectDir);
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 8);
  const suffix = name === null ? '' : `.${name}`;
  return path.join(home, 'logs', `${path.basename(folder) || 'root'}-${hash}${suffix}.jsonl`);
}
