import type { DeviceRequest } from 'dockerode';

/** `--gpus`: all of them, none, or these by index or UUID. */
export type GpuChoice = 'all' | 'none' | readonly string[];

/** How a daemon hands GPUs to a container: through NVIDIA's runtime, or by the Container Device Interface. */
export type GpuForm = 'runtime' | 'cdi';

/** The part of `docker info` that tells of GPUs; the last two since API 1.46 and 1.50. */
export interface DaemonInfo {
  readonly Runtimes?: Readonly<Record<string, unknown>> | null;
  readonly CDISpecDirs?: readonly string[] | null;
  readonly DiscoveredDevices?: readonly { readonly ID?: string }[] | null;
}

/** Podman takes CDI names, and whatever runtimes it tells of, hands them no GPU. */
export function gpuForm(info: DaemonInfo, isPodman: boolean): GpuForm | null {
  if (isPodman) return 'cdi';
  if (info.Runtimes && 'nvidia' in info.Runtimes) return 'runtime';
  const found = info.DiscoveredDevices?.some((it) => it.ID?.startsWith('nvidia.com/gpu='));
  return found ? 'cdi' : null;
}

/** `HostConfig.DeviceRequests` for this choice; what `docker run --gpus` sends, or its CDI form. */
export function deviceRequests(choice: GpuChoice, form: GpuForm): DeviceRequest[] {
  if (choice === 'none') return [];
  const named = choice === 'all' ? undefined : [...choice];
  if (form === 'cdi') {
    const ids = (named ?? ['all']).map((id) => `nvidia.com/gpu=${id}`);
    return [{ Driver: 'cdi', DeviceIDs: ids }];
  }
  const Capabilities = [['gpu']];
  // Count and DeviceIDs exclude each other.
  return [named ? { Driver: '', DeviceIDs: named, Capabilities } : { Driver: '', Count: -1, Capabilities }];
}

/** Whether a start failed because the daemon cannot hand out GPUs; its words differ by release and form. */
export function isGpuRefusal(message: string): boolean {
  return /could not select device driver|nvidia-container-cli|CDI device injection failed|unresolvable CDI devices|unknown runtime specified nvidia|nvml error|libnvidia-ml/i.test(
    message,
  );
}
