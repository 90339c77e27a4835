import type Docker from 'dockerode';
import { messageOf, systemError, within } from '../../../base/index.ts';
import type { DockerAddress } from './address.ts';
import { type EndpointCandidate, type EndpointSources, listCandidates } from './candidates.ts';
import { connect } from './connection.ts';
import { explainTls, TLS_TROUBLE } from './tls.ts';

/** The outcome for one candidate, for `doctor` and for the error if none answers. */
export interface EndpointAttempt {
  readonly origin: string;
  readonly url: string;
  /** `answered`, or why not: `no such socket`, `no answer within 1.5 s` … */
  readonly outcome: string;
  readonly answered: boolean;
}

/** A daemon that answered. */
export interface DockerEndpoint {
  readonly origin: string;
  readonly url: string;
  readonly address: DockerAddress;
  readonly docker: Docker;
}

export interface EndpointSearch {
  readonly endpoint: DockerEndpoint | undefined;
  readonly attempts: readonly EndpointAttempt[];
}

/** dockerode's `ping` accepts options, though its types do not say so. */
interface AbortablePing {
  ping(options: { readonly abortSignal: AbortSignal }): Promise<unknown>;
}

/** Limit for a socket, which may accept the connection and never answer. */
const LOCAL_LIMIT_MS = 1_500;
/** Limit for another machine, which may need one or two SSH handshakes. */
const REMOTE_LIMIT_MS = 10_000;

/**
 * Pings every candidate at once and takes the first in the list that answers. One that may be on another machine gets
 * more time, unless `limitMs` is set.
 */
export async function findDocker(sources: EndpointSources, limitMs?: number): Promise<EndpointSearch> {
  const candidates = await listCandidates(sources);
  const dials = candidates.map((it) => dial(it, sources.environment, limitMs));
  const attempts: EndpointAttempt[] = [];
  let endpoint: DockerEndpoint | undefined;
  for (const [index, it] of candidates.entries()) {
    const result = await dials[index];
    const answered = result !== undefined && typeof result !== 'string';
    const outcome = typeof result === 'string' ? result : 'answered';
    attempts.push({ origin: it.origin, url: it.url, outcome, answered });
    if (!endpoint && answered && it.address) {
      endpoint = { origin: it.origin, url: it.url, address: it.address, docker: result };
    }
  }
  return { endpoint, attempts };
}

/** Resolves with the client, or with the reason why there is none. */
async function dial(
  { address, problem }: EndpointCandidate,
  environment: Readonly<Record<string, string>>,
  limitMs: number | undefined,
): Promise<Docker | string> {
  if (!address) return problem ?? 'not an address';
  const limit = limitMs ?? (address.kind === 'socket' ? LOCAL_LIMIT_MS : REMOTE_LIMIT_MS);
  const timeout = new AbortController();
  try {
    const docker = await connect(address, environment);
    const ping = (docker as unknown as AbortablePing).ping({ abortSignal: timeout.signal });
    ping.catch(() => {});
    if (await within(ping, limit)) return docker;
    timeout.abort();
    return `accepted the connection, but gave no answer within ${limit / 1_000} s`;
  } catch (error) {
    return explain(error);
  }
}

function explain(error: unknown): string {
  const message = messageOf(error);
  const tls = explainTls(error);
  if (tls) return tls;
  if (/ENOENT/.test(message)) return /spawn ssh/.test(message) ? 'ssh is not installed' : 'no such socket';
  if (/ECONNREFUSED/.test(message))
    return 'nothing listens there (a stale socket, or the daemon is not running)';
  if (/EACCES|EPERM/.test(message)) return 'permission denied: this user has no access';
  if (/ENOTSOCK/.test(message)) return 'not a socket';
  return message.split('\n', 1)[0] ?? message;
}

/** The error if no daemon was found. It names what was tried, except sockets that do not exist. */
export function dockerUnavailable({ attempts }: EndpointSearch, platform: NodeJS.Platform): Error {
  const tried = attempts.filter((it) => it.outcome !== 'no such socket');
  const shown = tried.length > 0 ? tried : attempts.slice(0, 1);
  const list = shown.map((it) => `${it.origin} ${it.url}: ${it.outcome}`).join('; ');
  return systemError('DOCKER_UNAVAILABLE', `no Docker daemon answers (${list})`, {
    hint: dockerRemedy(attempts, platform),
  });
}

/** The command that fixes it. */
export function dockerRemedy(attempts: readonly EndpointAttempt[], platform: NodeJS.Platform): string {
  if (attempts.some((it) => it.outcome.startsWith('permission denied')))
    return 'add yourself to the docker group, then log in again: sudo usermod -aG docker "$USER"';
  if (attempts.some((it) => it.outcome.startsWith(TLS_TROUBLE)))
    return 'check ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH (of a context: docker context inspect)';
  const only = attempts.length === 1 ? attempts[0] : undefined;
  if (only && /^(--docker-host|DOCKER_HOST|context)/.test(only.origin))
    return `check ${only.origin}, or unset it to search for a local daemon`;
  const stale = attempts.find((it) => it.outcome !== 'no such socket' && !it.origin.startsWith('default'));
  const start = stale && START_COMMANDS[stale.origin];
  if (start) return `start it with: ${start}`;
  if (platform === 'linux') return 'start it with: sudo systemctl start docker';
  return 'start Docker Desktop, or install it from https://docs.docker.com/get-docker/';
}

const START_COMMANDS: Readonly<Record<string, string>> = {
  Colima: 'colima start',
  OrbStack: 'orb start',
  'Docker Desktop': 'docker desktop start',
  'Rancher Desktop': 'rdctl start',
  'Podman machine': 'podman machine start',
  'rootless Podman': 'systemctl --user start podman.socket',
  'rootless Docker': 'systemctl --user start docker',
  Lima: 'limactl start docker',
};
