import { text } from 'node:stream/consumers';
import type { Flags } from './flags.ts';

/** Flags whose values may be secrets, with their settings. Any user can read a process's command line. */
const SECRET_FLAGS: ReadonlyMap<string, string> = new Map([
  ['--env', 'env'],
  ['--triton-header', 'tritonHeader'],
]);

/** A command line without the flags whose values may be secrets. Each removes all values up to the next flag. */
export function withoutSecrets(args: readonly string[]): readonly string[] {
  let isValue = false;
  return args.filter((argument) => {
    if (argument.startsWith('-')) isValue = SECRET_FLAGS.has(argument);
    return !isValue && !SECRET_FLAGS.has(argument.split('=', 1)[0] ?? '');
  });
}

/** The settings that `withoutSecrets` removes, as JSON for a process's standard input; undefined if there are none. */
export function secretsOf(settings: Flags): string | undefined {
  const given = [...SECRET_FLAGS.values()].filter((name) => settings[name] !== undefined);
  return given.length === 0
    ? undefined
    : JSON.stringify(Object.fromEntries(given.map((name) => [name, settings[name]])));
}

/** The settings of the command line, merged with those from standard input. */
export async function withSecrets(settings: Flags, input: NodeJS.ReadableStream): Promise<Flags> {
  return { ...settings, ...JSON.parse(await text(input)) };
}
