import type { SourceLocation } from '../../../base/index.ts';
import { internal, KServeError } from '../../../kserve/index.ts';
import type { ModelFailedMessage } from '../../../python/index.ts';

/** A failure of a model's own code while it was loaded, with its place. */
export class PythonLoadError extends KServeError {
  readonly location: SourceLocation | undefined;

  constructor({ message, file, line }: ModelFailedMessage) {
    super('Internal', message);
    this.location = file ? { file, ...(line ? { line } : {}) } : undefined;
  }
}

/** The error of a load that failed in the model's own code, or for want of numpy. */
export function loadError(failed: ModelFailedMessage): Error {
  if (failed.stage === 'numpy')
    return internal(
      "ModuleNotFoundError: No module named 'numpy'; Python models need it: add numpy to the project's requirements, or name a Python that has it with --python",
    );
  return new PythonLoadError(failed);
}
