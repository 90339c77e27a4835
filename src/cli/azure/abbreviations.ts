import type { Command, Option } from 'commander';

/**
 * Writes out abbreviated options, as az takes them: any beginning of an option's name that fits one name only.
 * @param names the names that may be abbreviated.
 * @throws CommanderError in argparse's words, which az prints, for a beginning that fits several.
 */
export function withFullNames(args: readonly string[], command: Command, names: readonly string[]): string[] {
  const full: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (arg === '--') return [...full, ...args.slice(index)];
    const [given = '', ...rest] = arg.split('=');
    const name = given.startsWith('--') ? fullName(given, command, names) : given;
    full.push([name, ...rest].join('='));
    const value = args[index + 1];
    if (rest.length > 0 || value === undefined || !optionOf(name, command)?.required) continue;
    // What follows is its value, whatever it looks like.
    full.push(value);
    index += 1;
  }
  return full;
}

const optionOf = (name: string, command: Command): Option | undefined =>
  command.options.find(({ short, long }) => short === name || long === name);

function fullName(given: string, command: Command, names: readonly string[]): string {
  if (optionOf(given, command)) return given;
  const [name, ...others] = names.filter((one) => one.startsWith(given));
  if (name === undefined) return given;
  if (others.length === 0) return name;
  return command.error(`error: ambiguous option: ${given} could match ${[name, ...others].join(', ')}`, {
    code: 'commander.ambiguousOption',
  });
}
