import type { DeviceRequest } from 'dockerode';

/** `--gpus`: all, none, or a list of indexes or UUIDs. */
export type GpuChoice = 'all' | 'none' | readonly string[];

/** How a daemon gives GPUs to a container: through NVIDIA's runtime or the Container Device Interface. */
export type GpuForm = 'runtime' | 'cdi';

/** The part of `docker info` about GPUs; the last two fields exist since API 1.46 and 1.50. */
export interface DaemonInfo {
  readonly Runtimes?: Readonly<Record<string, unknown>> | null;
  readonly CDISpecDirs?: readonly string[] | null;
  readonly DiscoveredDevices?: readonly { readonly ID?: string }[] | null;
}

/** How this daemon gives GPUs; null if it cannot. Podman supports CDI only, whatever runtimes it lists. */
export function gpuForm(info: DaemonInfo, isPodman: boolean): GpuForm | null {
  if (isPodman) return 'cdi';
  if (info.Runtimes && 'nvidia' in info.Runtimes) return 'runtime';
  const found = info.DiscoveredDevices?.some((it) => it.ID?.startsWith('nvidia.com/gpu='));
  return found ? 'cdi' : null;
}

/** `HostConfig.DeviceRequests` for this choice, as `docker run --gpus` sends it or in CDI form. */
export function deviceRequests(choice: GpuChoice, form: GpuForm): DeviceRequest[] {
  if (choice === 'none') return [];
  const named = choice === 'all' ? undefined : [...choice];
  if (form === 'cdi') {
    const ids = (named ?? ['all']).map((id) => `nvidia.com/gpu=${id}`);
    return [{ Driver: 'cdi', DeviceIDs: ids }];
  }
  const Capabilities = [['gpu']];
  // Count and DeviceIDs are mutually exclusive.
  return [named ? { Driver: '', DeviceIDs: named, Capabilities } : { Driver: '', Count: -1, Capabilities }];
}

/** Whether a start failed because the daemon cannot provide GPUs; the message depends on release and form. */
export function isGpuRefusal(message: string): boolean {
  return /could not select device driver|nvidia-container-cli|CDI device injection failed|unresolvable CDI devices|unknown runtime specified nvidia|nvml error|libnvidia-ml/i.test(
    message,
  );
}
