import { type Command, Option } from 'commander';

const FLAG = '--verbose';

/** Adds `--verbose` to every command, accepted before or after its name. */
export function addVerbose(command: Command): void {
  for (const child of command.commands) {
    if (!child.options.some(({ long }) => long === FLAG)) child.addOption(new Option(FLAG).hideHelp());
    addVerbose(child);
  }
}

/** Whether the flag was given anywhere on the command line. */
export function isVerbose(command: Command): boolean {
  return command.opts().verbose === true || command.commands.some(isVerbose);
}
