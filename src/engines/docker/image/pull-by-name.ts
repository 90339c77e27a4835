import { homedir } from 'node:os';
import type { EventSink } from '../../../events/index.ts';
import { endpointSources } from '../daemon/candidates.ts';
import { dockerUnavailable, findDocker } from '../daemon/endpoint.ts';
import { wantedImage } from './image.ts';
import { obtainImage } from './obtain-image.ts';

export interface PullByNameOptions {
  /** As for `--image`; undefined for the default. */
  readonly image: string | undefined;
  /** The base image of `slim`. */
  readonly slimBase?: string | undefined;
  readonly dockerHost?: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly events: EventSink;
}

export interface PulledImage {
  readonly reference: string;
  readonly about: string;
  /** Unpacked size on the daemon's disk. */
  readonly bytes: number;
  readonly endpoint: string;
}

/** Implements `triton-local pull [IMAGE]`. @throws DOCKER_UNAVAILABLE, DOCKER_PULL_FAILED, DOCKER_BUILD_FAILED, CONFIG_INVALID. */
export async function pullByName(options: PullByNameOptions, signal: AbortSignal): Promise<PulledImage> {
  const { image, slimBase, dockerHost, environment, events } = options;
  const wanted = await wantedImage(image, slimBase);
  const { reference, about } = wanted;
  const search = await findDocker(endpointSources(environment, dockerHost));
  if (!search.endpoint) throw dockerUnavailable(search, process.platform);
  const { docker, url } = search.endpoint;
  await obtainImage(wanted, { docker, environment, homeDirectory: homedir(), events }, signal);
  const { Size } = await docker.getImage(reference).inspect();
  return { reference, about, bytes: Size, endpoint: url };
}
