// Control messages between us and a model worker, as JSON in CONTROL frames. harness/models/instance.py is the other
// side.

/** Names the model to run. Sent once. */
export interface ModelStartMessage {
  readonly type: 'start';
  /** `autoComplete` completes the configuration, then the process ends; `serve` keeps it running. */
  readonly task: 'serve' | 'autoComplete';
  readonly name: string;
  readonly version: string;
  /** Triton's name of the instance, such as `model_0`. */
  readonly instance: string;
  /** The model's folder, which contains its version folders. */
  readonly directory: string;
  readonly filename: string;
  readonly decoupled: boolean;
  /** Names of the configured outputs. */
  readonly outputs: readonly string[];
  /** The argument of `initialize`. */
  readonly arguments: Readonly<Record<string, string>>;
  /** ModelConfig as JSON, for `autoComplete`. */
  readonly config: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The folder for exchanging large tensors; null sends all of them through the pipe. */
  readonly tensorFolder: string | null;
}

/** Why a model did not load. */
export interface ModelFailedMessage {
  readonly type: 'failed';
  readonly stage: 'load' | 'numpy';
  /** In the format of Triton's backend: the exception, then its frames. */
  readonly message: string;
  readonly traceback?: string;
  readonly file?: string | null;
  readonly line?: number | null;
}

/** A model's exception in `execute`, for the log; its requests are answered with Triton's text. */
export interface ExecuteFailedMessage {
  readonly type: 'executeFailed';
  readonly file: string | null;
  readonly line: number | null;
  readonly traceback: string;
}

/** A change of a metric of the model's own; numbers are those of the calls that made family and metric. */
export type MetricMessage =
  | {
      readonly type: 'metricChange';
      readonly metric: number;
      readonly operation: 'increment' | 'set' | 'observe';
      /** A number as Python writes it: JSON has neither infinity nor NaN. */
      readonly value: string;
    }
  | { readonly type: 'metricFamilyDeleted'; readonly family: number };

/** A call about a whole model (`load`, `unload`, `isReady`) or about a metric of its own. */
export interface ControlCallMessage {
  readonly type: 'call';
  readonly call: number;
  readonly method: 'load' | 'unload' | 'isReady' | 'metricFamily' | 'metric' | 'metricValue';
  readonly arguments: readonly unknown[];
}

export type ModelWorkerMessage =
  | { readonly type: 'hello'; readonly pid: number; readonly python: string }
  | { readonly type: 'preloaded' }
  | { readonly type: 'ready'; readonly initMs: number }
  | { readonly type: 'completed'; readonly config: string | null }
  | { readonly type: 'finalizeFailed'; readonly message: string; readonly traceback: string }
  | { readonly type: 'finalized' }
  | ModelFailedMessage
  | ExecuteFailedMessage
  | ControlCallMessage
  | MetricMessage;
