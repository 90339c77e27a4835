import path from 'node:path';
import type Docker from 'dockerode';
import { withUserArguments } from '../../triton-arguments.ts';
import { deviceRequests, type GpuChoice, type GpuForm } from '../gpu.ts';

/** Path of the model repository inside the container. */
export const MODELS = '/models';
/** Ports of HTTP, gRPC and metrics inside the container. */
export const PORTS = { http: 8000, grpc: 8001, metrics: 8002 } as const;
export const EXIT_TIMEOUT_SECONDS = 5;

const MEBIBYTE = 1 << 20;
/** Docker's default of 64 MB is too small for several Python models (docs/reference/triton.md#container). */
const SHM_BYTES = 1024 * MEBIBYTE;
const STACK_BYTES = 64 * MEBIBYTE;

export interface ContainerSpec {
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The folder to mount read-only; undefined if it is copied instead. */
  readonly mounted: string | undefined;
  readonly gpus: GpuChoice;
  readonly gpuForm: GpuForm;
  /** Whether to raise the limits on locked memory and stack, as NVIDIA advises. */
  readonly ulimits: boolean;
  /** Whether the daemon's init is process 1. */
  readonly init: boolean;
  /** The address of the daemon's machine on which the ports are published. */
  readonly publishOn: string;
  readonly shmBytes?: number | undefined;
  readonly user?: string | undefined;
  /** Additional arguments for `tritonserver`. */
  readonly serverArguments?: readonly string[] | undefined;
}

/** The body of `POST /containers/create`. */
export function containerOptions(spec: ContainerSpec): Docker.ContainerCreateOptions {
  const ports = Object.values(PORTS).map((port) => `${port}/tcp`);
  const requests = deviceRequests(spec.gpus, spec.gpuForm);
  return {
    name: `triton-local-${spec.labels['dev.triton-local.instance'] ?? ''}`,
    Image: spec.image,
    Cmd: ['tritonserver', ...withUserArguments(serverArguments(), spec.serverArguments ?? [])],
    Labels: { ...spec.labels },
    Tty: false,
    ...(spec.user !== undefined && { User: spec.user }),
    ExposedPorts: Object.fromEntries(ports.map((port) => [port, {}])),
    HostConfig: {
      // As process 1, it reaps the Python stubs and forwards signals.
      Init: spec.init,
      // A container that removes itself would take the reason of a crash with it.
      AutoRemove: false,
      // Port 0: the daemon picks a free port, which nothing can take in between.
      PortBindings: Object.fromEntries(
        ports.map((port) => [port, [{ HostIp: spec.publishOn, HostPort: '0' }]]),
      ),
      ShmSize: spec.shmBytes ?? SHM_BYTES,
      ...(spec.ulimits && {
        Ulimits: [
          { Name: 'memlock', Soft: -1, Hard: -1 },
          { Name: 'stack', Soft: STACK_BYTES, Hard: STACK_BYTES },
        ],
      }),
      // Python models reach the user's machine by this name; on Linux, Docker does not define it.
      ExtraHosts: ['host.docker.internal:host-gateway'],
      // With SELinux, a bind mount could not be read otherwise; elsewhere this has no effect.
      SecurityOpt: ['label=disable'],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '16m', 'max-file': '2' } },
      ...(spec.mounted !== undefined && { Mounts: [modelsMount(spec.mounted)] }),
      ...(requests.length > 0 && { DeviceRequests: requests }),
    },
  };
}

/**
 * Explicit control lets a reload load single models; the gateway decides what clients may load. A model that fails must
 * not stop the server, and idle connections must not delay its exit.
 */
function serverArguments(): readonly string[] {
  return [
    `--model-repository=${MODELS}`,
    '--model-control-mode=explicit',
    '--load-model=*',
    '--exit-on-error=false',
    `--exit-timeout-secs=${EXIT_TIMEOUT_SECONDS}`,
    '--metrics-interval-ms=1000',
  ];
}

/** Mounts a model repository. No path needs translation: Docker Desktop accepts `C:\\models` as it is. */
export function modelsMount(directory: string): Docker.MountSettings {
  return { Type: 'bind', Source: path.resolve(directory), Target: MODELS, ReadOnly: true };
}
