// Reload: file noise becomes a settled change set, a pure plan, and an ordered application through an interface.
// It knows files and time; it refuses to know engines, workers and ports.

export { type ProjectSnapshot, planReload, type ReloadPlan } from './plan.ts';
export type { Reloader } from './reloader.ts';
export type { ReloadConfig } from './scan.ts';
export { listUserModels, readSettledModel, readUserModel } from './settled-model.ts';
export { snapshotProject } from './snapshot-project.ts';
export { type ReloaderOptions, startReloader } from './start-reloader.ts';
export { Stopwatch } from './stopwatch.ts';
export type { ReloadProgress, ReloadTarget } from './target.ts';
