import { networkInterfaces } from 'node:os';
import { formatHost, isLoopback, isWildcard } from '../base/index.ts';
import type { ProjectConfig } from '../config/index.ts';
import { ENGINES } from '../engines/index.ts';
import type { EngineKind } from '../events/index.ts';

export interface Exposure {
  readonly config: Pick<ProjectConfig, 'listen' | 'scoring' | 'engine'>;
  readonly engine: EngineKind;
  readonly scoringUri: string;
  readonly httpUrl: string;
}

/** What other machines can do if we listen on more than loopback; undefined if we do not. */
export function exposureWarning({ config, engine, scoringUri, httpUrl }: Exposure): string | undefined {
  const { host } = config.listen;
  if (isLoopback(host)) return undefined;
  const reached = isWildcard(host) ? networkAddresses(host) : [host];
  const urls = reached.map((address) => `${withHost(scoringUri, address)} and ${withHost(httpUrl, address)}`);
  const where = urls.length > 0 ? `: ${urls.join('; ')}` : '';
  const facts = [
    `other machines reach scoring and Triton on ${host}${where}`,
    config.scoring.auth === 'key'
      ? 'scoring asks them for the key, Triton does not'
      : 'neither asks for a key (--auth key protects scoring only)',
  ];
  if (config.engine.modelControlMode !== 'none') {
    const { modelsRun } = ENGINES[engine];
    const danger = modelsRun === 'elsewhere' ? '' : `, and a Python model runs any code ${modelsRun}`;
    facts.push(`--model-control-mode ${config.engine.modelControlMode} lets them load models${danger}`);
  }
  return facts.join('; ');
}

function withHost(url: string, host: string): string {
  const changed = new URL(url);
  changed.hostname = formatHost(host);
  return changed.href.replace(/\/$/, '');
}

/** The addresses of this machine in its networks; a listener on `::` accepts IPv4 too. */
function networkAddresses(host: string): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all
    .filter(({ internal, family, scopeid }) => {
      // Link-local addresses need a zone, which URLs cannot have.
      return !internal && (family === 'IPv4' || (host === '::' && !scopeid));
    })
    .map(({ address }) => address);
}
