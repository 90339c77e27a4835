import { createServer } from 'node:net';
import { listen, shellWord, systemError, TritonLocalError, userError } from '../base/index.ts';
import type { ProjectConfig } from '../config/index.ts';
import type { InstanceRecord } from '../workspace/index.ts';

interface WantedPort {
  readonly flag: string;
  readonly port: number;
  readonly purpose: string;
}

/** How many ports above a taken one are tried, to suggest a free one. */
const OFFERED = 50;
const HIGHEST_PORT = 65_535;

/**
 * Checks that the ports that the user chose are free, before anything is loaded, built or started.
 * @throws PORT_TAKEN with what can be done about it, PORT_REFUSED; CONFIG_INVALID if two of them are the same
 */
export async function checkPorts(
  config: ProjectConfig,
  running: () => Promise<readonly InstanceRecord[]>,
): Promise<void> {
  const wanted = wantedPorts(config);
  for (const [index, { flag, port }] of wanted.entries()) {
    const same = wanted.slice(0, index).find((other) => other.port === port);
    if (same) throw userError('CONFIG_INVALID', `${same.flag} and ${flag} are both ${port}`);
  }
  for (const one of wanted) {
    try {
      await tryPort(config.listen.host, one.port, one.purpose);
    } catch (error) {
      if (!(error instanceof TritonLocalError) || error.code !== 'PORT_TAKEN') throw error;
      throw systemError(error.code, error.message, {
        hint: await adviceFor(one, config.listen.host, await running()),
        cause: error,
      });
    }
  }
}

/** The ports of gRPC and metrics count only if the user chose them; by default another one is taken. */
function wantedPorts(config: ProjectConfig): readonly WantedPort[] {
  const { origins } = config;
  const { port, httpPort, grpcPort, metricsPort } = config.listen;
  const isChosen = (name: string) => (origins[name] ?? 'default') !== 'default';
  return [
    { flag: '--port', port, purpose: 'scoring service' },
    { flag: '--http-port', port: httpPort, purpose: "Triton's HTTP service" },
    ...(isChosen('grpcPort')
      ? [{ flag: '--grpc-port', port: grpcPort, purpose: "Triton's gRPC service" }]
      : []),
    ...(isChosen('metricsPort')
      ? [{ flag: '--metrics-port', port: metricsPort, purpose: "Triton's metrics" }]
      : []),
  ].filter((it) => it.port !== 0);
}

async function tryPort(host: string, port: number, purpose: string): Promise<void> {
  const server = createServer();
  await listen(server, host, port, purpose);
  await new Promise((resolve) => server.close(resolve));
}

async function adviceFor(
  { flag, port }: WantedPort,
  host: string,
  running: readonly InstanceRecord[],
): Promise<string> {
  const free = await nextFree(host, port);
  const other = free === undefined ? `another one with ${flag}` : `${flag} ${free}, which is free`;
  const ours = running.find(({ scoringUri, httpUrl, grpcAddress, metricsUrl }) =>
    [scoringUri, httpUrl, `grpc://${grpcAddress}`, metricsUrl ?? ''].some((url) => portOf(url) === port),
  );
  if (!ours) return `end that process, or use ${other}`;
  const { projectDir } = ours;
  const folder = shellWord(projectDir);
  return `it serves ${projectDir}: see it with triton-local attach ${folder}, stop it with triton-local down ${folder}, or use ${other}`;
}

async function nextFree(host: string, port: number): Promise<number | undefined> {
  for (let next = port + 1; next <= Math.min(port + OFFERED, HIGHEST_PORT); next += 1) {
    const isFree = await tryPort(host, next, 'a free port').then(
      () => true,
      () => false,
    );
    if (isFree) return next;
  }
  return undefined;
}

function portOf(url: string): number {
  return URL.canParse(url) ? Number(new URL(url).port) : 0;
}
