import path from 'node:path';
import { TritonLocalError, toTritonLocalError } from '../base/index.ts';
import { explainMissingFile, type UserPaths } from '../repository/index.ts';

export interface ModelFailureContext {
  readonly model: string;
  /** The staged repository, with the files that failed still in it. */
  readonly staged: string;
  readonly paths: UserPaths;
}

/**
 * A model's failure in terms of the user's files: every path is the user's, the location is at least the model's
 * folder, and a missing or misnamed file has a hint.
 */
export async function modelFailure(
  thrown: unknown,
  { model, staged, paths }: ModelFailureContext,
): Promise<TritonLocalError> {
  const error = toTritonLocalError(thrown);
  const folder = path.join(staged, model);
  const isBackends = /unable to find backend library/.test(error.message);
  const hint = error.hint ?? (isBackends ? undefined : await explainMissingFile(staged, model));
  return paths.error(
    new TritonLocalError(error.code, error.kind, error.message, {
      location: error.location ?? { file: fileNamedIn(paths.text(error.message), paths.text(folder)) },
      cause: error,
      ...(hint !== undefined && { hint }),
    }),
  );
}

/** The file of a model that a reason mentions; the model's folder if it mentions none. Some engines name the user's files. */
function fileNamedIn(reason: string, directory: string): string {
  const at = reason.indexOf(directory + path.sep);
  if (at < 0) return directory;
  const rest = reason.slice(at + directory.length);
  const end = rest.search(/['":]|\s|$/);
  return directory + rest.slice(0, Math.max(0, end)).replace(/[.,;)]+$/, '');
}
