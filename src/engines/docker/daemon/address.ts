import { userError } from '../../../base/index.ts';

/** Where the TLS files of a TCP daemon are: `ca.pem`, `cert.pem` and `key.pem`, as Docker names them. */
export interface TlsFiles {
  readonly directory: string;
  /** Whether to verify the daemon's certificate; false with `SkipTLSVerify` or `DOCKER_TLS`. */
  readonly verify: boolean;
}

/** The parsed address of a daemon. */
export type DockerAddress =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: TlsFiles | undefined }
  | { readonly kind: 'ssh'; readonly destination: string; readonly port: number | undefined };

const PLAIN_PORT = 2375;
const TLS_PORT = 2376;

/**
 * Parses `unix://`, `npipe://`, `tcp://`, `http(s)://` and `ssh://`; as with Docker, a bare `host:port` is TCP and a bare
 * path is a socket. `tls` applies to TCP.
 * @throws DOCKER_HOST_INVALID for any other form (`fd://` is for daemons, not for clients).
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
    // OpenSSH would interpret a leading dash as an option.
    if (hostname.startsWith('-') || username.startsWith('-')) throw invalid(text);
    return {
      kind: 'ssh',
      destination: username ? `${decodeURIComponent(username)}@${hostname}` : hostname,
      port: port || undefined,
    };
  }
  throw invalid(text);
}

/** `//./pipe/NAME`, written with slashes or backslashes. */
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
