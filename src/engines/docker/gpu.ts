import type { DeviceRequest } from 'dockerode';
import { request } from 'undici';

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

const METRICS_LIMIT_MS = 2_000;

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

/**
 * The GPUs that Triton measures, by UUID: families `nv_gpu_*` are there only where it has one
 * (`NVIDIA_VISIBLE_DEVICES` inside reads `void` under CDI and proves nothing).
 */
export async function readGpuUuids(metricsUrl: string): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(METRICS_LIMIT_MS);
  const { body } = await request(`${metricsUrl}/metrics`, { signal, reset: true });
  return gpuUuids(await body.text());
}

export function gpuUuids(metrics: string): readonly string[] {
  const found = metrics.matchAll(/^nv_gpu_memory_total_bytes\{[^}]*gpu_uuid="([^"]+)"/gm);
  return [...new Set([...found].map(([, uuid]) => uuid ?? ''))];
}

/** Triton's line on each GPU it measures: `Collecting metrics for GPU 0: NVIDIA H100 80GB HBM3`. */
export function gpuNameIn(line: string): string | undefined {
  return /Collecting metrics for GPU \d+: (.+?)"?$/.exec(line)?.[1];
}
