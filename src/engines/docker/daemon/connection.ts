import type Docker from 'dockerode';
import { formatHost } from '../../../base/index.ts';
import type { DockerAddress } from './address.ts';
import { SshAgent } from './ssh-agent.ts';
import { tlsAgent } from './tls.ts';

/**
 * Creates a client for the daemon at this address. Every field is set, even without a value, because docker-modem fills
 * missing ones from DOCKER_HOST. The API version stays unset, which selects the daemon's own.
 * @throws DOCKER_TLS_UNREADABLE if the certificates cannot be read.
 */
export async function connect(
  address: DockerAddress,
  environment: Readonly<Record<string, string>>,
): Promise<Docker> {
  const none = {
    host: undefined,
    port: undefined,
    socketPath: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
    timeout: undefined,
    pathPrefix: undefined,
    protocol: 'http',
  };
  switch (address.kind) {
    case 'socket':
      return docker({ ...none, socketPath: address.path });
    case 'tcp': {
      const { host, port, tls } = address;
      const shown = formatHost(host);
      if (!tls) return docker({ ...none, host: shown, port });
      return docker({ ...none, host: shown, port, protocol: 'https', agent: await tlsAgent(tls) });
    }
    case 'ssh':
      return docker({ ...none, host: 'docker', port: 80, agent: new SshAgent(address, environment) });
    default:
      return address satisfies never;
  }
}

/** Loads dockerode only when needed: it takes a tenth of a second. Its types do not allow `undefined`, which is needed here. */
async function docker(options: Readonly<Record<string, unknown>>): Promise<Docker> {
  const { default: Client } = await import('dockerode');
  return new Client(options as Docker.DockerOptions);
}
