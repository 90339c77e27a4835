import type Docker from 'dockerode';
import { deviceRequests } from '../gpu.ts';
import { type ContainerSpec, containerOptions, MODELS, PORTS } from './spec.ts';

/** An API version that Podman supports since 4.0. */
const CREATE = '/v4.0.0/libpod/containers/create';

/**
 * Creates a container through Podman's own API. Its Docker-compatible API silently ignores every form of `DeviceRequests`
 * and accepts no CDI name for a device (seen with 4.3.1; Podman issues 19338 and 22645). Everything else, from start to
 * removal, is the same in both.
 */
export async function createByPodman(docker: Docker, spec: ContainerSpec): Promise<Docker.Container> {
  const created = await new Promise<{ Id: string }>((resolve, reject) => {
    docker.modem.dial(
      {
        path: CREATE,
        method: 'POST',
        options: podmanSpec(spec),
        statusCodes: {
          201: true,
          400: 'bad parameter',
          404: 'no such image',
          409: 'conflict',
          500: 'server error',
        },
      },
      (error: unknown, answer: unknown) => (error ? reject(error) : resolve(answer as { Id: string })),
    );
  });
  return docker.getContainer(created.Id);
}

/** The body of `POST /libpod/containers/create`, with the same content as for Docker's API. */
export function podmanSpec(spec: ContainerSpec) {
  const { name, Image, Cmd, Labels, User, HostConfig } = containerOptions(spec);
  const ids = deviceRequests(spec.gpus, 'cdi').flatMap(({ DeviceIDs = [] }) => DeviceIDs);
  return {
    name,
    image: Image,
    command: Cmd,
    labels: Labels,
    ...(User !== undefined && { user: User }),
    init: spec.init,
    shm_size: HostConfig?.ShmSize,
    r_limits: (HostConfig?.Ulimits ?? []).map(({ Name, Soft, Hard }) => ({
      type: Name,
      soft: limit(Soft),
      hard: limit(Hard),
    })),
    hostadd: HostConfig?.ExtraHosts,
    selinux_opts: ['disable'],
    // Without a host port, Podman picks a free one.
    portmappings: Object.values(PORTS).map((port) => ({
      container_port: port,
      host_ip: spec.publishOn,
      protocol: 'tcp',
    })),
    mounts: (HostConfig?.Mounts ?? []).map(({ Source }) => ({
      type: 'bind',
      source: Source,
      destination: MODELS,
      options: ['ro'],
    })),
    devices: ids.map((path) => ({ path })),
  };
}

/** Podman has no value for "unlimited" here, and its own maximum does not fit into a JSON number. */
function limit(value = -1): number {
  return value < 0 ? Number.MAX_SAFE_INTEGER : value;
}
