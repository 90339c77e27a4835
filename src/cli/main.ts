import { createProgram } from './program.ts';
import { runProgram } from './run-program.ts';

const EXIT_LIMIT_MS = 5_000;

process.exitCode = await runProgram(createProgram(), process.argv);
// What hangs in the background does not hold a command that is done.
setTimeout(() => process.exit(), EXIT_LIMIT_MS).unref();
