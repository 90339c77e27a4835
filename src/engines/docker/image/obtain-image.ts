import type Docker from 'dockerode';
import { systemError, type TritonLocalError } from '../../../base/index.ts';
import type { EventSink } from '../../../events/index.ts';
import type { WantedImage } from './image.ts';
import { pullImage } from './pull.ts';
import { buildSlim } from './slim.ts';

export interface ObtainImageOptions {
  readonly docker: Docker;
  readonly environment: Readonly<Record<string, string>>;
  readonly homeDirectory: string;
  readonly events: EventSink;
}

/** Fetches or builds the image. @throws DOCKER_PULL_FAILED, DOCKER_BUILD_FAILED; what `signal` was aborted with */
export async function obtainImage(
  { reference, recipe }: WantedImage,
  options: ObtainImageOptions,
  signal: AbortSignal,
): Promise<void> {
  const { docker, environment, events } = options;
  if (recipe) await buildSlim(docker, recipe, environment, events, signal);
  else await pullImage({ ...options, reference }, signal);
}

/** The command that obtains an image, and its size, for the user. */
export function howToObtain({ reference, recipe }: WantedImage): string {
  return recipe
    ? 'triton-local pull slim builds it, about 0.5 GB'
    : `triton-local pull ${reference} gets it, 8 to 20 GB`;
}

/** The error for an image that must not be fetched or built without being asked. */
export function imageMissing(wanted: WantedImage): TritonLocalError {
  return systemError('DOCKER_IMAGE_MISSING', `the image ${wanted.reference} is not on this machine`, {
    hint: howToObtain(wanted),
  });
}
