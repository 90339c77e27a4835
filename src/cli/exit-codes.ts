import type { TritonLocalError } from '../base/index.ts';

/** Exit statuses of every command (DESIGN: command line). Signals add 128 to their number. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  unanswered: 3,
  timedOut: 4,
  prerequisite: 5,
  testsFailed: 6,
} as const;

const BY_CODE: Readonly<Record<string, number>> = {
  CONFIG_INVALID: EXIT.usage,
  CONFIG_FILE_INVALID: EXIT.usage,
  PROJECT_NOT_FOUND: EXIT.usage,
  PROJECT_EMPTY: EXIT.usage,
  ANSWER_NEEDED: EXIT.unanswered,
  REQUESTS_INVALID: EXIT.usage,
  AZUREML_FILE_INVALID: EXIT.usage,
  START_TIMED_OUT: EXIT.timedOut,
  ALREADY_RUNNING: EXIT.prerequisite,
  PORT_TAKEN: EXIT.prerequisite,
  PORT_REFUSED: EXIT.prerequisite,
  PYTHON_MISSING: EXIT.prerequisite,
  PYTHON_TOO_OLD: EXIT.prerequisite,
  ENVIRONMENT_FAILED: EXIT.prerequisite,
  DEBUGPY_MISSING: EXIT.prerequisite,
  ENGINE_UNAVAILABLE: EXIT.prerequisite,
  TRITON_MISSING: EXIT.prerequisite,
  TRITON_TLS_UNREADABLE: EXIT.prerequisite,
  TRITON_STUB_MISSING: EXIT.prerequisite,
  TRITON_UNLOADABLE: EXIT.prerequisite,
  DOCKER_UNAVAILABLE: EXIT.prerequisite,
  DOCKER_HOST_INVALID: EXIT.usage,
  DOCKER_CONTEXT_INVALID: EXIT.prerequisite,
  DOCKER_TLS_UNREADABLE: EXIT.prerequisite,
  DOCKER_IMAGE_MISSING: EXIT.prerequisite,
  DOCKER_IMAGE_UNFIT: EXIT.prerequisite,
  DOCKER_PULL_FAILED: EXIT.prerequisite,
  DOCKER_BUILD_FAILED: EXIT.prerequisite,
  DOCKER_GPU_UNAVAILABLE: EXIT.prerequisite,
  ONNXRUNTIME_INSTALL_FAILED: EXIT.prerequisite,
};

/** The exit status that an error ends a command with. */
export function exitCodeOf(error: TritonLocalError): number {
  return BY_CODE[error.code] ?? EXIT.failed;
}
