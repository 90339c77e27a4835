import http from 'node:http';
import https from 'node:https';
import type { TlsOptions } from './endpoints.ts';

export interface ProbeOptions {
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: TlsOptions | undefined;
}

/** Resolves when the server gives any answer at all to a GET, on a connection of its own. */
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
