import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/**
 * The user's own az: the first one of the search path that is not in our folder.
 * @returns undefined if there is none.
 */
export function findAz(
  searchPath: string,
  ourFolder: string,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const names = platform === 'win32' ? ['az.cmd', 'az.bat', 'az.exe'] : ['az'];
  return searchPath
    .split(platform === 'win32' ? ';' : ':')
    .filter((folder) => folder !== '' && path.resolve(folder) !== path.resolve(ourFolder))
    .flatMap((folder) => names.map((name) => path.join(folder, name)))
    .find(isExecutable);
}

/** How a program is spawned. */
export interface AzCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly shell: boolean;
}

/** How `az` is run with these arguments: Windows runs batch files by its shell only, which splits the line into words. */
export function azCommand(
  az: string,
  args: readonly string[],
  platform: NodeJS.Platform = process.platform,
): AzCommand {
  return platform === 'win32'
    ? { program: `"${az}"`, args: args.map(shellWord), shell: true }
    : { program: az, args, shell: false };
}

function shellWord(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : `"${word.replaceAll('"', '""')}"`;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
