// Python: a supervised pool of Python processes over framed pipes, the environments they run in, and their harness.
// It knows processes and scripts; it refuses to know ports and routes.

export { ensureEnvironment, ensurePackages } from './environment.ts';
export { type Interpreter, locateInterpreter } from './interpreter.ts';
export type { ReplyStream } from './reply-stream.ts';
export type {
  ScoreOutcome,
  ScorePool,
  ScorePoolOptions,
  ScoreRequest,
  ScriptSwagger,
  SwaggerVersion,
} from './score-pool.ts';
export { ScorePoolFactory, startScorePool } from './score-pool-factory.ts';
export { PythonTraceback, ScriptTimeout } from './script-failure.ts';
