import { homedir } from 'node:os';
import path from 'node:path';
import { closestName } from '../base/index.ts';
import { SETTINGS } from './named-settings.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

const PRIMARY_KEY = 'TRITON_LOCAL_KEY';

const SECRET_VARIABLES: ReadonlySet<string> = new Set([
  PRIMARY_KEY,
  ...SETTINGS.filter(({ isSecret }) => isSecret).map(({ variable }) => variable),
]);

/** Variables read in addition to settings; `exec` sets the last two for the Python that it runs. */
const OTHER_VARIABLES = ['TRITON_LOCAL_HOME', PRIMARY_KEY, 'TRITON_LOCAL_HARNESS', 'TRITON_LOCAL_CLI'];

/** The environment for scripts: ours, without the keys that protect them or the remote server. */
export function withoutSecrets(variables: Variables): Record<string, string> {
  const kept = Object.entries(variables).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !SECRET_VARIABLES.has(entry[0]),
  );
  return Object.fromEntries(kept);
}

/** `TRITON_LOCAL_KEY`: the primary key, if the user sets one. Never shown. */
export function primaryKeyGiven(variables: Variables = process.env): string | undefined {
  return variables[PRIMARY_KEY] || undefined;
}

/** A warning for each `TRITON_LOCAL_*` variable that nothing reads, with the likely intended name. */
export function unknownVariables(variables: Variables): string[] {
  const known = new Set([...SETTINGS.map(({ variable }) => variable), ...OTHER_VARIABLES]);
  return Object.keys(variables)
    .filter((name) => name.startsWith('TRITON_LOCAL_') && !name.startsWith('TRITON_LOCAL_TEST_'))
    .filter((name) => !known.has(name))
    .map((name) => {
      const similar = closestName(name.slice('TRITON_LOCAL_'.length), [...known].map(withoutPrefix));
      const meant = similar === undefined ? '' : `; did you mean TRITON_LOCAL_${similar}?`;
      return `the variable ${name} has no effect${meant}`;
    });
}

const withoutPrefix = (variable: string) => variable.slice('TRITON_LOCAL_'.length);

/** Our environment without our secrets, for commands that have no project. */
export function currentEnvironment(variables: Variables = process.env): Readonly<Record<string, string>> {
  return Object.freeze({ ...withoutSecrets(variables), ...sameHome(variables) });
}

/** Our environment for an emulator that outlives us, without the variable that ties npm's children to npm. */
export function detachedEnvironment(variables: Variables = process.env): Record<string, string | undefined> {
  const { npm_command: _npm, ...rest } = variables;
  return { ...rest, ...sameHome(variables) };
}

/** A relative state folder means another one to processes that run in another folder. */
function sameHome({ TRITON_LOCAL_HOME: home }: Variables): { TRITON_LOCAL_HOME?: string } {
  return home ? { TRITON_LOCAL_HOME: path.resolve(home) } : {};
}

/**
 * The folder of all state: `TRITON_LOCAL_HOME`, otherwise the XDG state folder or, on Windows, the local application
 * data.
 */
export function homeDirectory(
  variables: Variables = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (variables.TRITON_LOCAL_HOME) return path.resolve(variables.TRITON_LOCAL_HOME);
  if (platform === 'win32' && variables.LOCALAPPDATA)
    return path.win32.join(variables.LOCALAPPDATA, 'triton-local');
  return path.join(variables.XDG_STATE_HOME || path.join(homedir(), '.local', 'state'), 'triton-local');
}
