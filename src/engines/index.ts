// Engines: the Engine interface, its forms, how one is chosen and when it is ready.
// It knows how to run something that answers KServe v2; it refuses to know Azure, scripts and the user's folder.
export type { Engine, EngineEndpoints, RunningEngine } from './engine.ts';
