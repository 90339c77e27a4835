import { createProgram } from './program.ts';
import { runProgram } from './run-program.ts';

const EXIT_LIMIT_MS = 5_000;

process.exitCode = await runProgram(createProgram(), process.argv);
// Background work that hangs must not keep a finished command running.
setTimeout(() => process.exit(), EXIT_LIMIT_MS).unref();
