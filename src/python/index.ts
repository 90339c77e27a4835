// Python: a supervised pool of Python processes over framed pipes, the environments they run in, and their harness.
// It knows processes and scripts; it refuses to know ports and routes.

export { ensureEnvironment, ensurePackages } from './environment.ts';
export { type Interpreter, locateInterpreter } from './interpreter.ts';
export type {
  BatchEntry,
  CallFrame,
  ModelError,
  ModelTensor,
  NumberedResponse,
  WireCorrelationId,
} from './models/model-frames.ts';
export type {
  ControlCallMessage,
  ExecuteFailedMessage,
  MetricMessage,
  ModelFailedMessage,
  ModelStartMessage,
} from './models/model-messages.ts';
export type { ModelHost, ModelProcess, ModelStart } from './models/model-process.ts';
export { ModelProcesses } from './models/model-processes.ts';
export { TensorFiles } from './models/tensor-files.ts';
export { openPackedEnvironment } from './packed-environment.ts';
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
export type { WorkerExit } from './worker-process.ts';
