import { userError } from '../../../base/index.ts';

/** Where TLS material of a TCP daemon lies: `ca.pem`, `cert.pem`, `key.pem`, as Docker names them. */
export interface TlsFiles {
  readonly directory: string;
  /** False only where a context says `SkipTLSVerify`. */
  readonly verify: boolean;
}

/** A daemon's address, taken apart. */
export type DockerAddress =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: TlsFiles | undefined }
  | { readonly kind: 'ssh'; readonly destination: string; readonly port: number | undefined };

const PLAIN_PORT = 2375;
const TLS_PORT = 2376;

/**
 * Reads `unix://`, `npipe://`, `tcp://`, `http(s)://` and `ssh://`; a bare `host:port` is TCP and a bare path a
 * socket, as Docker has it. `tls` is used for TCP.
 * @throws DOCKER_HOST_INVALID for every other form (`fd://` is the daemon's own, never a client's).
 */
export function parseAddress(text: string, tls?: TlsFiles): DockerAddress {
  const url = text.trim();
  const scheme = /^([a-z]+):\/\//i.exec(url)?.[1]?.toLowerCase();
  const rest = scheme ? url.slice(scheme.length + 3) : url;
  if (scheme === 'unix') return { kind: 'socket', path: rest || '/var/run/docker.sock' };
  if (scheme === 'npipe') return { kind: 'socket', path: pipePath(rest) };
  if (!scheme && /^[/\\]/.test(url)) return { kind: 'socket', path: url };
  if (!scheme || scheme === 'tcp' || scheme === 'http' || scheme === 'https') {
    const { hostname, port } = parseHost(`http://${rest}`, text);
    const secure = tls ?? (scheme === 'https' ? { directory: '', verify: true } : undefined);
    return {
      kind: 'tcp',
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port || (secure ? TLS_PORT : PLAIN_PORT),
      tls: secure,
    };
  }
  if (scheme === 'ssh') {
    const { hostname, port, username } = parseHost(`ssh://${rest}`, text);
    // OpenSSH would take a leading dash for an option.
    if (hostname.startsWith('-') || username.startsWith('-')) throw invalid(text);
    return {
      kind: 'ssh',
      destination: username ? `${decodeURIComponent(username)}@${hostname}` : hostname,
      port: port || undefined,
    };
  }
  throw invalid(text);
}

/** `//./pipe/NAME`, however its slashes lean. */
function pipePath(rest: string): string {
  return rest === '' ? '//./pipe/docker_engine' : rest.replaceAll('\\', '/');
}

function parseHost(url: string, text: string): { hostname: string; port: number; username: string } {
  try {
    const { hostname, port, username } = new URL(url);
    if (hostname === '') throw invalid(text);
    return { hostname, port: Number(port), username };
  } catch {
    throw invalid(text);
  }
}

function invalid(text: string): Error {
  return userError('DOCKER_HOST_INVALID', `"${text}" is not the address of a Docker daemon`, {
    hint: 'write unix:///path, npipe:////./pipe/docker_engine, tcp://host:2375 or ssh://user@host',
  });
}
