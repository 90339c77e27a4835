import { withUserArguments } from '../triton-arguments.ts';

/** What one run of a `tritonserver` is told. */
export interface TritonRun {
  readonly repository: string;
  /** Loaded at start. */
  readonly models: readonly string[];
  readonly backendDirectory: string | undefined;
  readonly http: number;
  readonly grpc: number;
  readonly metrics: number;
  /** The Python backend's shared memory is named so. */
  readonly sharedMemoryPrefix: string;
  /** Arguments of the user, as `--name=value`. */
  readonly userArguments: readonly string[];
}

/**
 * Triton's patience when it stops. Clients have been served by then; a model whose load failed can keep it to the end.
 */
const EXIT_TIMEOUT_SECONDS = 5;

/** Booleans and numbers as Triton's command line takes them (docs/reference/triton.md#command-line). */
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
