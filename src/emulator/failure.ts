import { readFileSync, statSync } from 'node:fs';
import { type SourceLocation, type TritonLocalError, toTritonLocalError } from '../base/index.ts';
import type { Failure } from '../events/index.ts';

const MOST_READ_BYTES = 1024 * 1024;
const MOST_SHOWN = 200;

/** An error as data for events; `file` is used if the error names none. */
export function failureOf(thrown: unknown, file: string): Failure {
  const error: TritonLocalError = toTritonLocalError(thrown);
  const { location, hint } = error;
  const excerpt = location && excerptOf(location);
  return {
    code: error.code,
    message: error.message,
    file: location?.file ?? file,
    ...(location?.line !== undefined && { line: location.line }),
    ...(location?.column !== undefined && { column: location.column }),
    ...(excerpt !== undefined && { excerpt }),
    ...(hint !== undefined && { hint }),
  };
}

/** The line of the user's file that an error is about, as far as it can be read now. */
function excerptOf({ file, line }: SourceLocation): string | undefined {
  if (line === undefined) return undefined;
  try {
    if (statSync(file).size > MOST_READ_BYTES) return undefined;
    const text = readFileSync(file, 'utf8').split(/\r?\n/)[line - 1]?.trim();
    return text === '' ? undefined : text?.slice(0, MOST_SHOWN);
  } catch {
    return undefined;
  }
}
