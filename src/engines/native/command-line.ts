import { withUserArguments } from '../triton-arguments.ts';

/** The parameters of one run of `tritonserver`. */
export interface TritonRun {
  readonly repository: string;
  /** The models to load at start. */
  readonly models: readonly string[];
  readonly backendDirectory: string | undefined;
  readonly http: number;
  readonly grpc: number;
  readonly metrics: number;
  /** Prefix of the names of the Python backend's shared memory. */
  readonly sharedMemoryPrefix: string;
  /** The user's arguments, as `--name=value`. */
  readonly userArguments: readonly string[];
}

/**
 * How long Triton may take to exit. Clients have been served by then, but a model whose load failed can use all of it.
 */
const EXIT_TIMEOUT_SECONDS = 5;

/** The command line, with booleans and numbers as Triton parses them (docs/reference/triton.md#command-line). */
export function tritonArguments(run: TritonRun): string[] {
  const ours = [
    `--model-repository=${run.repository}`,
    ...(run.backendDirectory === undefined ? [] : [`--backend-directory=${run.backendDirectory}`]),
    '--model-control-mode=explicit',
    ...run.models.map((model) => `--load-model=${model}`),
    '--exit-on-error=false',
    '--strict-readiness=true',
    `--exit-timeout-secs=${EXIT_TIMEOUT_SECONDS}`,
    '--http-address=127.0.0.1',
    `--http-port=${run.http}`,
    '--grpc-address=127.0.0.1',
    `--grpc-port=${run.grpc}`,
    '--metrics-address=127.0.0.1',
    `--metrics-port=${run.metrics}`,
    `--backend-config=python,shm-region-prefix-name=${run.sharedMemoryPrefix}`,
  ];
  return withUserArguments(ours, run.userArguments);
}
