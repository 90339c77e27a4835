/** One file of a model with what tells its content from another's. */
export interface SnapshotFile {
  /** Relative to the model's folder, `/` between the parts. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Where the content lies, if not at `path` in the model's folder. */
  readonly source?: string;
  /** The file's identity on disk when it was read; equal stamps save reading it again. Absent while too fresh. */
  readonly stamp?: string;
}

/** A model's folder at one moment. */
export interface ModelSnapshot {
  readonly name: string;
  readonly directory: string;
  readonly files: readonly SnapshotFile[];
  /** Sub-directories relative to the model's folder, empty ones too: an empty version directory has a meaning. */
  readonly directories?: readonly string[];
  /** Hash over the files' names and contents and the directories' names: equal fingerprints mean equal models. */
  readonly fingerprint: string;
}

export interface RepositorySnapshot {
  readonly directory: string;
  readonly models: ReadonlyMap<string, ModelSnapshot>;
}
