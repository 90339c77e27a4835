import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';

const METRICS_LIMIT_MS = 2_000;
const POLL_MS = 100;
/** The log may arrive later than the metrics: over a separate connection, or through Podman's files. */
const NAME_LIMIT_MS = 1_000;

/** Triton's log line about each GPU: `Collecting metrics for GPU 0: NVIDIA H100 80GB HBM3`. */
export function gpuNameIn(line: string): string | undefined {
  return /Collecting metrics for GPU \d+: (.+?)"?$/.exec(line)?.[1];
}

/**
 * Finds the GPU that a Triton verifiably uses, as text for the user. The `nv_gpu_*` metrics exist only if it has one; a
 * requested GPU proves nothing, and neither does `NVIDIA_VISIBLE_DEVICES`, which is `void` under CDI.
 * @param name returns the name of the first GPU in the log; metrics have only UUIDs
 * @returns undefined if the metrics name none within the limit
 */
export async function findGpuInUse(
  metricsUrl: string,
  name: () => string | undefined,
  limitMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const limit = performance.now() + limitMs;
  for (;;) {
    const [uuid, ...others] = await readGpuUuids(metricsUrl).catch(() => []);
    if (uuid !== undefined) {
      const named = performance.now() + NAME_LIMIT_MS;
      while (name() === undefined && performance.now() < named) await sleep(POLL_MS, undefined, { signal });
      const first = name() ?? uuid;
      return others.length > 0 ? `${first} and ${others.length} more` : first;
    }
    if (performance.now() > limit) return undefined;
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function readGpuUuids(metricsUrl: string): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(METRICS_LIMIT_MS);
  const { body } = await request(`${metricsUrl}/metrics`, { signal, reset: true });
  return gpuUuids(await body.text());
}

export function gpuUuids(metrics: string): readonly string[] {
  const found = metrics.matchAll(/^nv_gpu_memory_total_bytes\{[^}]*gpu_uuid="([^"]+)"/gm);
  return [...new Set([...found].map(([, uuid]) => uuid ?? ''))];
}
