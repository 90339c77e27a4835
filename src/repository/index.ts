// Repository: Triton's model repository on disk: scan, config.pbtxt, versions, auto-complete, snapshots, staging.
// It knows files and configurations; it refuses to run a model.
export type { ModelSnapshot, RepositorySnapshot, SnapshotFile } from './snapshot.ts';
