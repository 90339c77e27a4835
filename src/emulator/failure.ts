import { type TritonLocalError, toTritonLocalError } from '../base/index.ts';
import type { Failure } from '../events/index.ts';

/** An error as the facts that events carry; `file` stands in where the error names none. */
export function failureOf(thrown: unknown, file: string): Failure {
  const error: TritonLocalError = toTritonLocalError(thrown);
  const { location, hint } = error;
  return {
    code: error.code,
    message: error.message,
    file: location?.file ?? file,
    ...(location?.line !== undefined && { line: location.line }),
    ...(hint !== undefined && { hint }),
  };
}
