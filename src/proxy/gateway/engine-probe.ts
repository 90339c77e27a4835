import type { EngineEndpoints } from '../endpoints.ts';
import { probe } from '../probe.ts';

/** Asks the engine's HTTP service whether it is live; resolves with any response. */
export function probeEngine({ http, headers, tls }: EngineEndpoints, signal: AbortSignal): Promise<void> {
  const url = new URL(`${http.replace(/\/+$/, '')}/v2/health/live`);
  return probe(url, { signal, tls, ...(headers && { headers }) });
}
