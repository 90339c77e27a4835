import http from 'node:http';
import https from 'node:https';
import type { TlsOptions } from './endpoints.ts';

export interface ProbeOptions {
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: TlsOptions | undefined;
}

/** Sends a GET on a separate connection; resolves with any response at all. */
export function probe(url: URL, { signal, headers = {}, tls }: ProbeOptions): Promise<void> {
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
