import { homedir } from 'node:os';
import path from 'node:path';
import { closestName } from '../base/index.ts';
import { SETTINGS } from './settings.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

const PRIMARY_KEY = 'TRITON_LOCAL_KEY';

const SECRET_VARIABLES: ReadonlySet<string> = new Set([
  PRIMARY_KEY,
  ...SETTINGS.filter(({ isSecret }) => isSecret).map(({ variable }) => variable),
]);

/** What is read besides settings; the last two are what `exec` hands to the Python that it runs. */
const OTHER_VARIABLES = ['TRITON_LOCAL_HOME', PRIMARY_KEY, 'TRITON_LOCAL_HARNESS', 'TRITON_LOCAL_CLI'];

/** Scripts get our environment, but not the keys that protect them or the remote server. */
export function withoutSecrets(variables: Variables): Record<string, string> {
  const kept = Object.entries(variables).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !SECRET_VARIABLES.has(entry[0]),
  );
  return Object.fromEntries(kept);
}

/** `TRITON_LOCAL_KEY`: the primary key, where the user gives one. Never shown. */
export function primaryKeyGiven(variables: Variables = process.env): string | undefined {
  return variables[PRIMARY_KEY] || undefined;
}

/** A warning for each `TRITON_LOCAL_*` variable that nothing reads, with the name that was probably meant. */
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

/** Our own environment without our secrets, for commands that have no project. */
export function currentEnvironment(variables: Variables = process.env): Readonly<Record<string, string>> {
  return Object.freeze(withoutSecrets(variables));
}

/** Our own environment for an emulator that outlives us: nothing by which npm's children end with npm. */
export function detachedEnvironment(variables: Variables = process.env): Record<string, string | undefined> {
  const { npm_command: _npm, ...rest } = variables;
  return rest;
}

/** Where all state lies: `TRITON_LOCAL_HOME`, else the XDG state folder, on Windows the local application data. */
export function homeDirectory(
  variables: Variables = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (variables.TRITON_LOCAL_HOME) return path.resolve(variables.TRITON_LOCAL_HOME);
  if (platform === 'win32' && variables.LOCALAPPDATA)
    return path.win32.join(variables.LOCALAPPDATA, 'triton-local');
  return path.join(variables.XDG_STATE_HOME || path.join(homedir(), '.local', 'state'), 'triton-local');
}
