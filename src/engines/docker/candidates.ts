import { homedir } from 'node:os';
import path from 'node:path';
import { messageOf } from '../../base/index.ts';
import { type DockerAddress, parseAddress, type TlsFiles } from './address.ts';
import { currentContext, readContext } from './context.ts';

/** A place where a Docker daemon may answer, and who named it. */
export interface EndpointCandidate {
  /** For people: `DOCKER_HOST`, `context "colima"`, `Docker Desktop`. */
  readonly origin: string;
  /** As it was written, such as `unix:///var/run/docker.sock`; empty where a context could not be read. */
  readonly url: string;
  readonly address: DockerAddress | undefined;
  /** Why there is no address. */
  readonly problem: string | undefined;
}

export interface EndpointSources {
  /** `--docker-host`. */
  readonly explicit?: string | undefined;
  /** The environment, as `config` read it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly homeDirectory: string;
  readonly platform: NodeJS.Platform;
  /** The user's id, for the folders of rootless daemons; undefined on Windows. */
  readonly uid: number | undefined;
}

/** What the search for a daemon looks at on this machine. */
export function endpointSources(
  environment: Readonly<Record<string, string>>,
  explicit?: string,
): EndpointSources {
  return {
    explicit,
    environment,
    homeDirectory: environment.HOME || homedir(),
    platform: process.platform,
    uid: process.getuid?.(),
  };
}

/**
 * Every place worth asking, in the order of who may decide: the flag, `DOCKER_HOST`, `DOCKER_CONTEXT`, the current
 * context, then the sockets of the runtimes we know (docker-modem knows no contexts and takes a
 * stale socket for a live one). Each of the first three stands alone, as with Docker's own CLI; a current context
 * that does not answer is passed over.
 */
export async function listCandidates(sources: EndpointSources): Promise<readonly EndpointCandidate[]> {
  const { explicit, environment } = sources;
  const tls = tlsOf(environment, sources.homeDirectory);
  if (explicit) return [candidate('--docker-host', explicit, tls)];
  if (environment.DOCKER_HOST) return [candidate('DOCKER_HOST', environment.DOCKER_HOST, tls)];
  const configDirectory = environment.DOCKER_CONFIG || path.join(sources.homeDirectory, '.docker');
  const named = environment.DOCKER_CONTEXT;
  if (named && named !== 'default') return [await contextCandidate(named, configDirectory)];
  const current = named ? undefined : await currentContext(configDirectory);
  const sockets = knownSockets(sources).map(([origin, socket]) => candidate(origin, socket));
  return current ? [await contextCandidate(current, configDirectory), ...sockets] : sockets;
}

function candidate(origin: string, url: string, tls?: TlsFiles): EndpointCandidate {
  try {
    return { origin, url, address: parseAddress(url, tls), problem: undefined };
  } catch (error) {
    return { origin, url, address: undefined, problem: messageOf(error) };
  }
}

async function contextCandidate(name: string, configDirectory: string): Promise<EndpointCandidate> {
  const origin = `context "${name}"`;
  try {
    const { url, tls } = await readContext(name, configDirectory);
    return candidate(origin, url, tls);
  } catch (error) {
    return { origin, url: '', address: undefined, problem: messageOf(error) };
  }
}

/** As Docker's CLI: `DOCKER_TLS_VERIFY` or `DOCKER_TLS` set to anything turns TLS on, the first with verification. */
function tlsOf(environment: Readonly<Record<string, string>>, home: string): TlsFiles | undefined {
  const verify = Boolean(environment.DOCKER_TLS_VERIFY);
  if (!verify && !environment.DOCKER_TLS) return undefined;
  return { directory: environment.DOCKER_CERT_PATH || path.join(home, '.docker'), verify };
}

/** Sockets of the runtimes people have, best known first; each may be there or not. */
function knownSockets({
  environment,
  homeDirectory,
  platform,
  uid,
}: EndpointSources): readonly (readonly [string, string])[] {
  if (platform === 'win32') {
    return [
      ['default pipe', 'npipe:////./pipe/docker_engine'],
      ['Docker Desktop', 'npipe:////./pipe/dockerDesktopLinuxEngine'],
      ['Podman machine', 'npipe:////./pipe/podman-machine-default'],
    ];
  }
  const home = (...parts: string[]) => `unix://${path.posix.join(homeDirectory, ...parts)}`;
  const runtime = environment.XDG_RUNTIME_DIR || (uid === undefined ? undefined : `/run/user/${uid}`);
  const colima = environment.COLIMA_HOME ? `unix://${environment.COLIMA_HOME}` : home('.colima');
  const lima = environment.LIMA_HOME ? `unix://${environment.LIMA_HOME}` : home('.lima');
  return [
    ['default socket', 'unix:///var/run/docker.sock'],
    ...(runtime ? [['rootless Docker', `unix://${runtime}/docker.sock`] as const] : []),
    ['rootless Docker', home('.docker/run/docker.sock')],
    ['Docker Desktop', home('.docker/desktop/docker.sock')],
    ['OrbStack', home('.orbstack/run/docker.sock')],
    ['Colima', `${colima}/default/docker.sock`],
    ['Colima', `${colima}/docker.sock`],
    ['Colima', home('.config/colima/default/docker.sock')],
    ['Rancher Desktop', home('.rd/docker.sock')],
    ['Podman machine', home('.local/share/containers/podman/machine/podman.sock')],
    ['Podman machine', home('.local/share/containers/podman/machine/qemu/podman.sock')],
    ...(runtime ? [['rootless Podman', `unix://${runtime}/podman/podman.sock`] as const] : []),
    ['Podman', 'unix:///run/podman/podman.sock'],
    ['Lima', `${lima}/docker/sock/docker.sock`],
    ['Lima', `${lima}/default/sock/docker.sock`],
  ];
}
