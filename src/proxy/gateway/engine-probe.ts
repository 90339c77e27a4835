import type { EngineEndpoints } from '../endpoints.ts';
import { probe } from '../probe.ts';

/** Resolves when the engine's HTTP service answers whether it is live, in whatever way. */
export function probeEngine({ http, headers, tls }: EngineEndpoints, signal: AbortSignal): Promise<void> {
  const url = new URL(`${http.replace(/\/+$/, '')}/v2/health/live`);
  return probe(url, { signal, tls, ...(headers && { headers }) });
}
