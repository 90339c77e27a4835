// Config: files, flags and environment become one frozen ProjectConfig with the origin of each value.
// The only reader of `process.env`; it refuses to start anything.
export type {
  LogThreshold,
  ModelControlMode,
  ModelSource,
  Origin,
  ProjectConfig,
  PythonSource,
  ScriptSource,
  UiMode,
} from './project-config.ts';
