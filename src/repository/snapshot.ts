/** One file of a model with what tells its content from another's. */
export interface SnapshotFile {
  /** Relative to the model's folder, `/` between the parts. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A model's folder at one moment. */
export interface ModelSnapshot {
  readonly name: string;
  readonly directory: string;
  readonly files: readonly SnapshotFile[];
  /** Sub-directories relative to the model's folder, empty ones too: an empty version directory has a meaning. */
  readonly directories: readonly string[];
  /** Hash over the files' names and contents and the directories' names: equal fingerprints mean equal models. */
  readonly fingerprint: string;
}

export interface RepositorySnapshot {
  readonly directory: string;
  readonly models: ReadonlyMap<string, ModelSnapshot>;
}
