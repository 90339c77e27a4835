// Config: turns files, flags and environment into one frozen ProjectConfig with the origin of each value.
// It is the only reader of `process.env`; it refuses to start anything.
export type {
  AuthMode,
  CloudProfileName,
  Dialect,
  EngineChoice,
  LogThreshold,
  ModelControlMode,
  ProfileLimits,
  UiMode,
} from './choices.ts';
export { UI_MODES } from './choices.ts';
export {
  currentEnvironment,
  detachedEnvironment,
  homeDirectory,
  primaryKeyGiven,
  unknownVariables,
} from './environment.ts';
export { keyOf, type NamedSetting, SETTINGS } from './named-settings.ts';
export type {
  EngineSettings,
  ExternalSettings,
  ListenSettings,
  ModelSource,
  Origin,
  ProjectConfig,
  PythonSource,
  ScoringSettings,
  ScriptSource,
  WorkerSettings,
} from './project-config.ts';
export { PROJECT_FILE } from './project-file.ts';
export { type ResolveInput, resolveProject } from './resolve.ts';
export { healthPort, readServiceSettings, type ServiceSettings } from './service-settings.ts';
export { age, instanceName, oneOf, seconds, wholeNumber } from './setting-values.ts';
export { type TerminalFacts, terminalFacts } from './terminal.ts';
