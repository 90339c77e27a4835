// Workspace: local Azure ML state on disk: keys of services, and the emulators that run.
// It knows files; it refuses to know what an emulator does, or to read the environment.
export { type CollectedFile, dataDirectory, listCollected } from './collected-data.ts';
export type { Instance, InstanceAnnouncement, InstanceRecord } from './instance.ts';
export type { ServiceKeys } from './keys.ts';
export { openWorkspace, type Workspace } from './workspace.ts';
