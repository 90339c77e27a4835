// Scoring: the Azure ML scoring service on its port: routes, keys, replies of run(), pass-through of no-code mode.
// It knows Azure's HTTP contract; it refuses to know how a worker runs or a model is served.
export { type CloudProfile, cloudProfile } from './cloud-profile.ts';
export type { ScoringServerOptions, ScoringSource } from './scoring-options.ts';
export { type ScoringServer, type SenderLimits, startScoringServer } from './scoring-server.ts';
