import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { execa } from 'execa';
import { formatAddress, isLoopback, systemError } from '../../../base/index.ts';
import { freePorts } from '../../free-ports.ts';
import type { DockerAddress } from '../daemon/address.ts';
import { sshArguments } from '../daemon/ssh-agent.ts';
import { PORTS } from './spec.ts';

/** `host:port` of each service, as this machine reaches it. */
export interface PublishedPorts extends AsyncDisposable {
  readonly http: string;
  readonly grpc: string;
  readonly metrics: string;
}

/** The daemon may report the ports only some time after the start (Colima: up to seconds). */
const INSPECT_LIMIT_MS = 10_000;
const LOOPBACK = '127.0.0.1';

/**
 * The address to publish the ports on: loopback if we run on the daemon's machine or have a tunnel to it. A daemon
 * reached over plain TCP offers no tunnel, so the ports are published on every address of its machine.
 */
export function publishAddress(address: DockerAddress): string {
  return address.kind === 'tcp' && !isLoopback(address.host) ? '0.0.0.0' : LOOPBACK;
}

/** Finds the ports of a started container and, over SSH, forwards them to this machine. */
export async function publishedPorts(
  container: Docker.Container,
  address: DockerAddress,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<PublishedPorts> {
  const { http, grpc, metrics } = await readPorts(container, signal);
  if (address.kind === 'ssh') return forward(address, [http, grpc, metrics], environment, signal);
  const host = address.kind === 'tcp' && !isLoopback(address.host) ? address.host : LOOPBACK;
  const at = (port: number) => formatAddress(host, port);
  return { http: at(http), grpc: at(grpc), metrics: at(metrics), async [Symbol.asyncDispose]() {} };
}

async function readPorts(container: Docker.Container, signal: AbortSignal) {
  const limit = performance.now() + INSPECT_LIMIT_MS;
  for (;;) {
    const { NetworkSettings, State } = await container.inspect();
    const portOf = (inside: number) => Number(NetworkSettings.Ports?.[`${inside}/tcp`]?.[0]?.HostPort ?? 0);
    const ports = { http: portOf(PORTS.http), grpc: portOf(PORTS.grpc), metrics: portOf(PORTS.metrics) };
    // A container that has exited has no ports any more; its exit is reported elsewhere.
    if ((ports.http && ports.grpc && ports.metrics) || !State.Running) return ports;
    if (performance.now() > limit)
      throw systemError('ENGINE_START_FAILED', 'Docker published no ports for the container');
    await sleep(50, undefined, { signal });
  }
}

/** Starts one `ssh` that forwards free local ports to the three; the remote `cat` exits when our pipe closes. */
async function forward(
  address: Extract<DockerAddress, { kind: 'ssh' }>,
  remote: readonly [number, number, number],
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<PublishedPorts> {
  const local = await freePorts(remote.length);
  const forwards = remote.flatMap((port, index) => ['-L', `${LOOPBACK}:${local[index]}:${LOOPBACK}:${port}`]);
  const args = ['-o', 'ExitOnForwardFailure=yes', ...forwards, ...sshArguments(address), 'cat'];
  const tunnel = execa('ssh', args, {
    env: environment,
    extendEnv: false,
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
    reject: false,
  });
  let hasExited = false;
  void tunnel.then(() => {
    hasExited = true;
  });
  const close = async () => {
    tunnel.kill();
  };
  try {
    await untilConnectable(local[0] ?? 0, () => hasExited, signal);
  } catch (error) {
    await close();
    throw error;
  }
  const [http, grpc, metrics] = local.map((port) => `${LOOPBACK}:${port}`);
  return { http: http ?? '', grpc: grpc ?? '', metrics: metrics ?? '', [Symbol.asyncDispose]: close };
}

async function untilConnectable(port: number, hasExited: () => boolean, signal: AbortSignal): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (hasExited()) break;
    const open = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, LOOPBACK, () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (open) return;
    await sleep(50, undefined, { signal });
  }
  throw systemError('DOCKER_UNAVAILABLE', 'ssh could not forward the ports of the Triton container', {
    hint: 'the remote sshd must allow TCP forwarding',
  });
}
