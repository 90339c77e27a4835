// Reload: file noise becomes a settled change set, a pure plan, and an ordered application through an interface.
// It knows files and time; it refuses to know engines, workers and ports.
export type { ProjectSnapshot, ReloadPlan } from './plan.ts';
export type { ReloadTarget } from './target.ts';
