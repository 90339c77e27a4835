import { type Command, CommanderError } from 'commander';
import { type TritonLocalError, toTritonLocalError, userError } from '../base/index.ts';
import { currentEnvironment, terminalFacts } from '../config/index.ts';
import { exitCodeOf } from './error-catalogue.ts';
import { EXIT } from './exit-codes.ts';
import { print, printError } from './print.ts';
import { isVerbose } from './verbose.ts';

/**
 * Runs the command line and resolves with the exit status. Every error is shown here, once: as text on stderr and,
 * with `--json`, also as `{"error": {...}}` on one line of stdout.
 */
export async function runProgram(program: Command, argv: readonly string[]): Promise<number> {
  const json = wantsJson(argv, currentEnvironment().TRITON_LOCAL_UI);
  try {
    await program.parseAsync(argv);
    return Number(process.exitCode ?? EXIT.ok);
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return EXIT.ok;
      // Commander has already shown its message.
      const error = usageError(thrown);
      if (json) await printJson(error);
      return exitCodeOf(error);
    }
    const error = toTritonLocalError(thrown);
    const { color } = terminalFacts(Boolean(process.stderr.isTTY));
    // Loaded only for an error: measuring the width of text takes a third of the start of `--help`.
    const { formatError } = await import('../ui/index.ts');
    printError(`${formatError(error, { color, verbose: isVerbose(program) })}\n`);
    if (json) await printJson(error);
    return exitCodeOf(error);
  }
}

async function printJson(error: TritonLocalError): Promise<void> {
  const { errorToJson } = await import('../ui/index.ts');
  print(`${JSON.stringify(errorToJson(error))}\n`);
}

/** A usage error: commander's message, with its suggestion (in parentheses) as the hint. */
function usageError({ message }: CommanderError): TritonLocalError {
  const [what = message, suggestion] = message.replace(/^error: /, '').split('\n');
  const hint = suggestion?.replace(/^\((.*)\)$/, '$1');
  return userError('USAGE', what, { hint: hint || 'run it with --help to see its arguments' });
}

/** Whether the command line asks for JSON: `--json`, `--ui json`, or the variable for `--ui`. */
export function wantsJson(argv: readonly string[], uiVariable: string | undefined): boolean {
  const end = argv.indexOf('--');
  const flags = end < 0 ? argv : argv.slice(0, end);
  const at = flags.lastIndexOf('--ui');
  const ui =
    at >= 0 ? flags[at + 1] : flags.findLast((flag) => flag.startsWith('--ui='))?.slice('--ui='.length);
  return flags.includes('--json') || (ui ?? uiVariable) === 'json';
}
