import {
  AZURE_ERRORS,
  COMMAND_ERRORS,
  EMULATOR_ERRORS,
  INTERNAL_ERRORS,
  STATE_ERRORS,
} from './errors/command-errors.ts';
import { ENGINE_ERRORS, MODEL_ERRORS } from './errors/engine-errors.ts';
import type { ErrorEntry, ErrorTopic } from './errors/error-entry.ts';
import { SCORING_ERRORS, SCRIPT_ERRORS } from './errors/scoring-errors.ts';
import { EXIT } from './exit-codes.ts';

/**
 * Every error code by topic; a test compares it with the codes in the source. `docs/reference/errors.md` is generated
 * from it with `npm run docs`.
 */
export const ERROR_CATALOGUE: Readonly<Record<string, ErrorTopic>> = {
  'Command line and settings': COMMAND_ERRORS,
  Engines: ENGINE_ERRORS,
  Models: MODEL_ERRORS,
  'Entry script and Python': SCRIPT_ERRORS,
  'Scoring and sample requests': SCORING_ERRORS,
  'Running emulators': EMULATOR_ERRORS,
  'State folder and keys': STATE_ERRORS,
  'Azure ML verbs': AZURE_ERRORS,
  'Faults of triton-local': INTERNAL_ERRORS,
};

/** The entry of a code; undefined if it is not in the catalogue. */
function findErrorEntry(code: string): ErrorEntry | undefined {
  for (const topic of Object.values(ERROR_CATALOGUE)) if (topic[code]) return topic[code];
  return undefined;
}

/** The exit status of a command that ends with this error. */
export function exitCodeOf({ code }: { readonly code: string }): number {
  return findErrorEntry(code)?.exit ?? EXIT.failed;
}
