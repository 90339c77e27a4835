/** Flags of Triton that may be given several times. */
const REPEATABLE: ReadonlySet<string> = new Set(['backend-config']);

/**
 * Merges our arguments for Triton with the user's, which take precedence.
 * @param users as `--name=value`; flags that only we may set have already been rejected.
 */
export function withUserArguments(ours: readonly string[], users: readonly string[]): string[] {
  const given = new Set(users.map(nameOf));
  return [
    ...ours.filter((argument) => REPEATABLE.has(nameOf(argument)) || !given.has(nameOf(argument))),
    ...users,
  ];
}

function nameOf(argument: string): string {
  return argument.replace(/^--/, '').replace(/=[\s\S]*$/, '');
}
