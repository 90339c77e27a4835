import type Docker from 'dockerode';
import { within } from '../../../base/index.ts';
import { endpointSources } from '../daemon/candidates.ts';
import { findDocker } from '../daemon/endpoint.ts';
import { ONNX_LABEL, SLIM_REPOSITORY } from './slim.ts';

const SEARCH_LIMIT_MS = 1_500;
const LIST_LIMIT_MS = 5_000;

/** An image that `--image slim` built. */
export interface SlimImage {
  readonly reference: string;
  readonly bytes: number;
  /** Daemons do not record when an image was last used. */
  readonly createdAt: Date;
  /** Whether a container uses it, even a stopped one. */
  readonly inUse: boolean;
  /** Removes it, unless a container uses it by now. */
  remove(): Promise<void>;
}

/** The slim images at the daemon that the docker engine would use; empty if no daemon answers in time. */
export async function listSlimImages(
  environment: Readonly<Record<string, string>>,
  dockerHost: string | undefined,
): Promise<readonly SlimImage[]> {
  const { endpoint } = await findDocker(endpointSources(environment, dockerHost), SEARCH_LIMIT_MS);
  if (!endpoint) return [];
  const listing = listAt(endpoint.docker).catch(() => []);
  return (await within(listing, LIST_LIMIT_MS)) ? listing : [];
}

async function listAt(docker: Docker): Promise<readonly SlimImage[]> {
  const [images, containers] = await Promise.all([
    docker.listImages({ filters: { label: [ONNX_LABEL] } }),
    docker.listContainers({ all: true }),
  ]);
  const used = new Set(containers.map(({ ImageID }) => ImageID));
  return images.flatMap(({ Id, RepoTags, Size, Created }) =>
    // The label is inherited: an image that a user built on a slim one has it too.
    (RepoTags ?? [])
      .filter((reference) => reference.startsWith(`${SLIM_REPOSITORY}:`))
      .map((reference) => ({
        reference,
        bytes: Size,
        createdAt: new Date(Created * 1_000),
        inUse: used.has(Id),
        remove: () =>
          docker
            .getImage(reference)
            .remove()
            .then(() => undefined),
      })),
  );
}
