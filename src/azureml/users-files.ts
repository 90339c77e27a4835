import path from 'node:path';
import { type SourceLocation, TritonLocalError, toTritonLocalError } from '../base/index.ts';
import type { AppFolder } from './app-folder.ts';
import type { CondaCopy } from './conda-copy.ts';
import type { InferenceConfig } from './inference-config.ts';

/** A deployment runs on copies; the user knows the originals. */
export class UsersFiles {
  readonly #originals: readonly (readonly [copy: string, original: string])[];
  readonly #condaFile: string | undefined;
  readonly #conda: CondaCopy | undefined;

  constructor(app: AppFolder, inference: InferenceConfig | undefined, conda: CondaCopy | undefined) {
    const from = inference && (inference.sourceDirectory ?? path.dirname(inference.entryScript));
    const condaOriginal = conda?.sources.find((place) => place)?.file;
    this.#originals = [
      ...(from === undefined ? [] : [[app.sourceDirectory ?? app.root, from] as const]),
      ...(app.condaFile === undefined || condaOriginal === undefined
        ? []
        : [[app.condaFile, condaOriginal] as const]),
    ];
    this.#condaFile = app.condaFile;
    this.#conda = conda;
  }

  /** A text with the originals in the place of the copies. */
  text(text: string): string {
    return this.#originals.reduce((shown, [copy, original]) => shown.replaceAll(copy, original), text);
  }

  location(place: SourceLocation): SourceLocation {
    if (place.file === this.#condaFile && place.line !== undefined) {
      const original = this.#conda?.sources[place.line - 1];
      if (original) return original;
    }
    return { ...place, file: this.text(place.file) };
  }

  /** The error as it is about the originals. */
  error(thrown: unknown): TritonLocalError {
    const error = toTritonLocalError(thrown);
    return new TritonLocalError(error.code, error.kind, this.text(error.message), {
      cause: error,
      ...(error.hint !== undefined && { hint: this.text(error.hint) }),
      ...(error.location && { location: this.location(error.location) }),
    });
  }
}
