import path from 'node:path';
import type Docker from 'dockerode';
import { withUserArguments } from '../triton-arguments.ts';
import { deviceRequests, type GpuChoice, type GpuForm } from './gpu.ts';

/** Where the model repository lies inside. */
export const MODELS = '/models';
/** Ports of HTTP, gRPC and metrics inside. */
export const PORTS = { http: 8000, grpc: 8001, metrics: 8002 } as const;
export const EXIT_TIMEOUT_SECONDS = 5;

const MEBIBYTE = 1 << 20;
/** Docker's own 64 MB are too little for several Python models (docs/reference/triton.md#container). */
const SHM_BYTES = 1024 * MEBIBYTE;
const STACK_BYTES = 64 * MEBIBYTE;

export interface ContainerSpec {
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The folder to mount, read-only; undefined where it is copied instead. */
  readonly mounted: string | undefined;
  readonly gpus: GpuChoice;
  readonly gpuForm: GpuForm;
  /** Whether to raise the limits on locked memory and stack, as NVIDIA advises. */
  readonly ulimits: boolean;
  /** Whether an init of the daemon's is process 1. */
  readonly init: boolean;
  /** Address of the daemon's machine that the ports are published on. */
  readonly publishOn: string;
  readonly shmBytes?: number | undefined;
  readonly user?: string | undefined;
  /** Further arguments of `tritonserver`. */
  readonly serverArguments?: readonly string[] | undefined;
}

/** What `POST /containers/create` gets. */
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
      // As process 1 it reaps the Python stubs and passes signals on.
      Init: spec.init,
      // Kept until we remove it: a container that removes itself takes the reason of a crash with it.
      AutoRemove: false,
      // Port 0: the daemon picks a free one, so nothing can be taken in between.
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
      // Python models call back to the user's machine by this name; on Linux Docker does not set it by itself.
      ExtraHosts: ['host.docker.internal:host-gateway'],
      // Where SELinux is on, a bind mount could not be read otherwise; elsewhere this says nothing.
      SecurityOpt: ['label=disable'],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '16m', 'max-file': '2' } },
      ...(spec.mounted !== undefined && { Mounts: [modelsMount(spec.mounted)] }),
      ...(requests.length > 0 && { DeviceRequests: requests }),
    },
  };
}

/**
 * Explicit control lets our reload load one model at a time; what clients may load is the listener's business in
 * front. A model that fails must not end the server, and idle connections must not hold its end.
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

/** A model repository at its place inside. Docker Desktop takes `C:\\models` as it is; WSL and Linux need no change either. */
export function modelsMount(directory: string): Docker.MountSettings {
  return { Type: 'bind', Source: path.resolve(directory), Target: MODELS, ReadOnly: true };
}
