import type Docker from 'dockerode';
import { systemError, type TritonLocalError } from '../../../base/index.ts';
import { reasonOf, statusOf } from '../daemon/docker-error.ts';
import { type GpuChoice, isGpuRefusal } from '../gpu.ts';

type ContainerState = Docker.ContainerInspectInfo['State'];

/** Why a container exited, as a short text. */
export function exitReason({ ExitCode, OOMKilled, Error: daemonError }: ContainerState): string {
  const why = OOMKilled ? 'it ran out of memory' : (MEANINGS[ExitCode] ?? '');
  const details = [why, daemonError].filter(Boolean).join('; ');
  return `exit code ${ExitCode}${details && ` (${details})`}`;
}

const MEANINGS: Readonly<Record<number, string>> = {
  0: 'it exited by itself',
  126: 'its command could not be executed',
  127: 'its command or a shared library was not found',
  132: 'illegal instruction: the image is for another type of processor',
  134: 'aborted',
  136: 'arithmetic error',
  137: 'killed, perhaps because memory ran out',
  139: 'segmentation fault',
  143: 'terminated by a signal',
};

/** The error for a container that exited before it could serve. */
export function crashed(image: string, state: ContainerState, lastLines: string): TritonLocalError {
  const words = lastLines === '' ? 'It wrote nothing.' : `Its last lines:\n${lastLines}`;
  return systemError(
    'ENGINE_START_FAILED',
    `the Triton container exited during its start, with ${exitReason(state)}. ${words}`,
    { hint: crashHint(image, state, lastLines) },
  );
}

function crashHint(image: string, { ExitCode, OOMKilled }: ContainerState, lastLines: string): string {
  const library = /error while loading shared libraries: ([^:\s]+):/.exec(lastLines)?.[1];
  if (library) return `the image lacks ${library}: choose another one with --image (this one is ${image})`;
  if (OOMKilled) return 'give Docker more memory, or serve fewer models at once';
  if (/exec format error/.test(lastLines) || ExitCode === 132)
    return 'choose an image for this type of processor with --image';
  if (ExitCode === 127)
    return `choose an image that contains tritonserver with --image (this one is ${image})`;
  return 'the lines above say why; --engine embedded serves the models without Docker';
}

/** The error for a container that runs but never answers. */
export function neverReady(limitMs: number, lastLines: string): TritonLocalError {
  const words = lastLines === '' ? 'It wrote nothing.' : `Its last lines:\n${lastLines}`;
  return systemError(
    'START_TIMED_OUT',
    `the Triton container did not answer within ${limitMs / 1_000} s. ${words}`,
    { hint: 'allow more time with --timeout, or check that the image starts tritonserver' },
  );
}

/** Turns the daemon's response to create or start into an error of ours. */
export function refused(error: unknown, image: string, gpus: GpuChoice): TritonLocalError {
  const reason = reasonOf(error);
  if (gpus !== 'none' && isGpuRefusal(reason)) return gpuUnavailable(reason, error);
  if (/executable file not found|no such file or directory.*exec|tritonserver.*not found/i.test(reason)) {
    return systemError('DOCKER_IMAGE_UNFIT', `the image ${image} does not contain tritonserver (${reason})`, {
      hint: 'name a Triton image with --image',
      cause: error,
    });
  }
  if (statusOf(error) === undefined) {
    return systemError('DOCKER_UNAVAILABLE', `the Docker daemon no longer answers: ${reason}`, {
      hint: 'see what can be reached with: triton-local doctor',
      cause: error,
    });
  }
  return systemError('ENGINE_START_FAILED', `Docker could not start the Triton container: ${reason}`, {
    hint: 'see what Docker can do here with: triton-local doctor',
    cause: error,
  });
}

const GPU_REMEDY =
  'install the NVIDIA Container Toolkit, then: sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker; or run without a GPU: --gpus none';

const CDI_REMEDY =
  'write the CDI specification with: sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml (part of the NVIDIA Container Toolkit); or run without a GPU: --gpus none';

export function gpuUnavailable(reason: string, cause?: unknown): TritonLocalError {
  return systemError('DOCKER_GPU_UNAVAILABLE', `Docker cannot give the container a GPU: ${reason}`, {
    hint: /\bCDI\b/.test(reason) ? CDI_REMEDY : GPU_REMEDY,
    cause,
  });
}
