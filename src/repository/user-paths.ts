import { realpathSync } from 'node:fs';
import { TritonLocalError, toTritonLocalError } from '../base/index.ts';
import type { ModelSnapshot, RepositorySnapshot } from './snapshot.ts';

/**
 * Translates paths of the staged repository into those of the user's project. Engines read a staged copy, so that their
 * logs, reasons and errors name the copy, while users must only see their own files.
 */
export class UserPaths {
  readonly #replacements: readonly (readonly [pattern: RegExp, original: string])[];

  /**
   * @param staged the staged repository
   * @param repository what was staged; undefined if the project has no models
   * @param projectDir used instead of a missing repository
   */
  constructor(staged: string, repository: RepositorySnapshot | undefined, projectDir: string) {
    const roots = new Set([staged, resolveLinks(staged)]);
    const files = [...(repository?.models.values() ?? [])].flatMap(relocatedFiles);
    const pairs = [...files, ['', repository?.directory ?? projectDir] as const];
    this.#replacements = [...roots].flatMap((root) =>
      pairs.map(([below, original]) => [patternOf(root, below), original] as const),
    );
  }

  /** Replaces staged paths in a text by the user's. */
  readonly text = (text: string): string => {
    let translated = text;
    for (const [pattern, original] of this.#replacements)
      translated = translated.replace(pattern, () => original);
    return translated;
  };

  /** Replaces staged paths in an error's message, hint and location. */
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

/** Files that have another location or name in the user's project than in the staged model, longest path first. */
function relocatedFiles({ name, directory, files }: ModelSnapshot): (readonly [string, string])[] {
  const relocated = files.flatMap(({ path, source }) =>
    source === undefined ? [] : [[`${name}/${path}`, source] as const],
  );
  return relocated.length === 0 ? [] : [...relocated, [`${name}/1`, directory], [name, directory]];
}

/** Matches a path with either separator, but not the beginning of a longer name. */
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
