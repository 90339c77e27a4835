import { type Command, CommanderError } from 'commander';
import { toTritonLocalError } from '../base/index.ts';
import { terminalFacts } from '../config/index.ts';
import { formatError, printError } from '../ui/index.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { isVerbose } from './verbose.ts';

/** Runs the command line and gives the exit status; every error is shown here, once. */
export async function runProgram(program: Command, argv: readonly string[]): Promise<number> {
  try {
    await program.parseAsync(argv);
    return Number(process.exitCode ?? EXIT.ok);
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      // Commander has printed its message already; its own status is 1 for wrong use and 0 for --help.
      return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
    }
    const error = toTritonLocalError(thrown);
    const { color } = terminalFacts(Boolean(process.stderr.isTTY));
    printError(`${formatError(error, { color, verbose: isVerbose(program) })}\n`);
    return exitCodeOf(error);
  }
}
