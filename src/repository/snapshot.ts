/** One file of a model and what identifies its content. */
export interface SnapshotFile {
  /** Relative to the model's folder, with `/` as the separator. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The location of the content, if not at `path` in the model's folder. */
  readonly source?: string;
  /** The file's metadata when it was read; with an equal stamp it is not read again. Absent if the file is too new. */
  readonly stamp?: string;
}

/** A snapshot of a model's folder. */
export interface ModelSnapshot {
  readonly name: string;
  readonly directory: string;
  readonly files: readonly SnapshotFile[];
  /** Subdirectories relative to the model's folder, including empty ones: an empty version directory has a meaning. */
  readonly directories?: readonly string[];
  /** Hash of the files' names and contents and the directories' names: equal fingerprints mean equal models. */
  readonly fingerprint: string;
}

export interface RepositorySnapshot {
  readonly directory: string;
  readonly models: ReadonlyMap<string, ModelSnapshot>;
}
