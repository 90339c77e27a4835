import { realpathSync } from 'node:fs';
import { TritonLocalError, toTritonLocalError } from '../base/index.ts';
import type { ModelSnapshot, RepositorySnapshot } from './snapshot.ts';

/**
 * Translates the paths of the staged repository into those of the user's project. Engines read a staged copy, so their
 * logs, reasons and errors name that copy; users must only ever see their own files.
 */
export class UserPaths {
  readonly #replacements: readonly (readonly [pattern: RegExp, original: string])[];

  /**
   * @param staged the staged repository
   * @param repository what was staged; undefined where the project has no models
   * @param projectDir stands in for the repository where there is none
   */
  constructor(staged: string, repository: RepositorySnapshot | undefined, projectDir: string) {
    const roots = new Set([staged, resolveLinks(staged)]);
    const files = [...(repository?.models.values() ?? [])].flatMap(relocatedFiles);
    const pairs = [...files, ['', repository?.directory ?? projectDir] as const];
    this.#replacements = [...roots].flatMap((root) =>
      pairs.map(([below, original]) => [patternOf(root, below), original] as const),
    );
  }

  /** The text with the user's paths in place of staged ones. */
  readonly text = (text: string): string => {
    let translated = text;
    for (const [pattern, original] of this.#replacements)
      translated = translated.replace(pattern, () => original);
    return translated;
  };

  /** The error with the user's paths in its message, hint and location. */
  error(thrown: unknown): TritonLocalError {
    const error = toTritonLocalError(thrown);
    const { code, kind, message, hint, location } = error;
    return new TritonLocalError(code, kind, this.text(message), {
      cause: error,
      ...(hint !== undefined && { hint: this.text(hint) }),
      ...(location && { location: { ...location, file: this.text(location.file) } }),
    });
  }
}

/** Files that the user keeps elsewhere or under another name than in the staged model, the longest path first. */
function relocatedFiles({ name, directory, files }: ModelSnapshot): (readonly [string, string])[] {
  const relocated = files.flatMap(({ path, source }) =>
    source === undefined ? [] : [[`${name}/${path}`, source] as const],
  );
  return relocated.length === 0 ? [] : [...relocated, [`${name}/1`, directory], [name, directory]];
}

/** Matches a path with either separator, and never just the beginning of a longer name. */
function patternOf(root: string, below: string): RegExp {
  const parts = [...root.split(/[\\/]/), ...(below === '' ? [] : below.split('/'))];
  const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`${escaped.join('[\\\\/]+')}(?![\\w-]|\\.\\w)`, 'g');
}

function resolveLinks(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    return directory;
  }
}
