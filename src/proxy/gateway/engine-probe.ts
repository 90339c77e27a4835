import http from 'node:http';
import https from 'node:https';
import type { EngineEndpoints } from '../endpoints.ts';

/** Resolves when the engine's HTTP service gives any answer at all, on a connection of its own. */
export function probeEngine(
  { http: base, headers = {}, tls }: EngineEndpoints,
  signal: AbortSignal,
): Promise<void> {
  const url = new URL(`${base.replace(/\/+$/, '')}/v2/health/live`);
  const options = { headers, signal, agent: false } as const;
  return new Promise((resolve, reject) => {
    const request =
      url.protocol === 'https:' ? https.get(url, { ...options, ...tls }) : http.get(url, options);
    request.once('response', (answer) => {
      answer.destroy();
      resolve();
    });
    request.on('error', reject);
  });
}
