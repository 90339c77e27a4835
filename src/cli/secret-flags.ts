import { text } from 'node:stream/consumers';
import type { Flags } from './flags.ts';

/** Flags whose values may be secrets, with their settings. Everybody may read the command line of a process. */
const SECRET_FLAGS: ReadonlyMap<string, string> = new Map([
  ['--env', 'env'],
  ['--triton-header', 'tritonHeader'],
]);

/** A command line without the flags whose values may be secrets; each takes all values up to the next flag. */
export function withoutSecrets(args: readonly string[]): readonly string[] {
  let isValue = false;
  return args.filter((argument) => {
    if (argument.startsWith('-')) isValue = SECRET_FLAGS.has(argument);
    return !isValue && !SECRET_FLAGS.has(argument.split('=', 1)[0] ?? '');
  });
}

/** The settings that `withoutSecrets` leaves out, as JSON for the standard input of a process; undefined for none. */
export function secretsOf(flags: Flags): string | undefined {
  const given = [...SECRET_FLAGS.values()].filter((name) => flags[name] !== undefined);
  return given.length === 0
    ? undefined
    : JSON.stringify(Object.fromEntries(given.map((name) => [name, flags[name]])));
}

/** Flags with the settings that come on standard input, where `--settings-stdin` says that some do. */
export async function withSecrets(flags: Flags, input: NodeJS.ReadableStream): Promise<Flags> {
  return flags.settingsStdin ? { ...flags, ...JSON.parse(await text(input)) } : flags;
}
