// Config: files, flags and environment become one frozen ProjectConfig with the origin of each value.
// The only reader of `process.env`; it refuses to start anything.
export type {
  AuthMode,
  CloudProfileName,
  Dialect,
  EngineChoice,
  LogThreshold,
  ModelControlMode,
  ModelSource,
  Origin,
  ProfileLimits,
  ProjectConfig,
  PythonSource,
  ScriptSource,
  UiMode,
} from './project-config.ts';
export { PROJECT_FILE } from './project-file.ts';
export {
  currentEnvironment,
  detachedEnvironment,
  homeDirectory,
  type ResolveInput,
  resolveProject,
} from './resolve.ts';
export { readServiceSettings, type ServiceSettings } from './service-settings.ts';
export { SETTINGS, type Setting, type SettingName } from './settings.ts';
export { type TerminalFacts, terminalFacts } from './terminal.ts';
