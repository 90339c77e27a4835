/** Flags of Triton that may stand several times, each for a thing of its own. */
const REPEATABLE: ReadonlySet<string> = new Set(['backend-config']);

/**
 * The arguments that we start Triton with and those of the user, whose value counts where both set a flag.
 * @param users as `--name=value`; flags that only we may set have been refused before.
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
