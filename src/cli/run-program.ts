import { type Command, CommanderError } from 'commander';
import { type TritonLocalError, toTritonLocalError, userError } from '../base/index.ts';
import { currentEnvironment, terminalFacts } from '../config/index.ts';
import { errorToJson, formatError, print, printError } from '../ui/index.ts';
import { exitCodeOf } from './error-catalogue.ts';
import { EXIT } from './exit-codes.ts';
import { isVerbose } from './verbose.ts';

/**
 * Runs the command line and gives the exit status. Every error is shown here, once: for people on stderr, and where
 * JSON was asked for also as `{"error": {...}}` on one line of stdout.
 */
export async function runProgram(program: Command, argv: readonly string[]): Promise<number> {
  const json = wantsJson(argv, currentEnvironment().TRITON_LOCAL_UI);
  try {
    await program.parseAsync(argv);
    return Number(process.exitCode ?? EXIT.ok);
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return EXIT.ok;
      // Commander has shown its message already.
      const error = usageError(thrown);
      if (json) printJson(error);
      return exitCodeOf(error);
    }
    const error = toTritonLocalError(thrown);
    const { color } = terminalFacts(Boolean(process.stderr.isTTY));
    printError(`${formatError(error, { color, verbose: isVerbose(program) })}\n`);
    if (json) printJson(error);
    return exitCodeOf(error);
  }
}

const printJson = (error: TritonLocalError) => print(`${JSON.stringify(errorToJson(error))}\n`);

/** Wrong use in commander's words: its message, then its suggestion in parentheses. */
function usageError({ message }: CommanderError): TritonLocalError {
  const [what = message, suggestion] = message.replace(/^error: /, '').split('\n');
  const hint = suggestion?.replace(/^\((.*)\)$/, '$1');
  return userError('USAGE', what, { hint: hint || 'see --help for what there is' });
}

/** Whether a command line asks for JSON: `--json`, `--ui json`, or the variable for `--ui`. */
export function wantsJson(argv: readonly string[], uiVariable: string | undefined): boolean {
  const end = argv.indexOf('--');
  const flags = end < 0 ? argv : argv.slice(0, end);
  const at = flags.lastIndexOf('--ui');
  const ui =
    at >= 0 ? flags[at + 1] : flags.findLast((flag) => flag.startsWith('--ui='))?.slice('--ui='.length);
  return flags.includes('--json') || (ui ?? uiVariable) === 'json';
}
