import { createServer } from 'node:net';
import { isInside, listen, TritonLocalError } from '../base/index.ts';
import {
  connectControl,
  type DetachedEmulator,
  type RemoteControl,
  startDetached,
} from '../control/index.ts';
import type { EmulatorEvent, EngineStatus } from '../events/index.ts';
import { type AzureWorkspace, ENDPOINTS, openWorkspace, type RunningService } from '../workspace/index.ts';

/** How the emulator of a service is started and found. */
export interface ServiceHost {
  /** This program with its first arguments. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The state folder that lists running emulators. */
  readonly home: string;
}

export interface ServiceStart {
  /** Arguments of `up`. */
  readonly args: readonly string[];
  readonly cwd: string;
  /** Variables that `up` itself reads, such as `WORKER_COUNT`. */
  readonly variables: Readonly<Record<string, string>>;
  /** Variables of the script, which may be secrets; undefined without a script. */
  readonly scriptVariables: Readonly<Record<string, string>> | undefined;
  readonly eventLog: string;
  readonly onEvent: (event: EmulatorEvent) => void;
}

/** The first port tried for services that request none: LocalWebservice's. */
const FIRST_PORT = 6789;
const PORTS = 100;

/** Starts the emulator of a service on a private port. @throws the error of its start */
export function startService(
  host: ServiceHost,
  { args, cwd, variables, scriptVariables, eventLog, onEvent }: ServiceStart,
  signal: AbortSignal,
): Promise<DetachedEmulator> {
  const fromInput = scriptVariables && ['--settings-stdin'];
  const command = [...host.command, 'up', ...args, ...(fromInput ?? []), '--event-log', eventLog];
  const environment = { ...host.environment, ...variables };
  const input = scriptVariables && { input: JSON.stringify({ env: scriptVariables }) };
  return startDetached(
    { command, cwd, environment, ...input, crashLog: `${eventLog}.crash`, onEvent },
    signal,
  );
}

/** Starts the proxy of an endpoint on its previous port or the first free one. */
export function startEndpointProxy(
  host: ServiceHost,
  workspace: AzureWorkspace,
  name: string,
  port: number | undefined,
  signal: AbortSignal,
): Promise<DetachedEmulator> {
  const wanted = port === undefined ? [] : ['--port', String(port)];
  const command = [...host.command, 'endpoint-proxy', name, workspace.file, ...wanted];
  const crashLog = `${workspace.eventLog(ENDPOINTS + name, 0)}.crash`;
  const { environment } = host;
  return startDetached({ command, cwd: host.home, environment, crashLog, onEvent: () => undefined }, signal);
}

/** Runs `task` with the emulator of this process id; undefined if it is no longer running. */
export async function withService<Result>(
  host: ServiceHost,
  pid: number,
  task: (control: RemoteControl) => Promise<Result>,
): Promise<Result | undefined> {
  const instance = (await openWorkspace(host.home).then((it) => it.list())).find((it) => it.pid === pid);
  if (!instance) return undefined;
  const control = await connectControl(instance.controlSocket);
  try {
    return await task(control);
  } finally {
    await control[Symbol.asyncDispose]();
  }
}

/** The process ids of running emulators. */
export async function runningPids(host: ServiceHost): Promise<ReadonlySet<number>> {
  const instances = await openWorkspace(host.home).then((it) => it.list());
  return new Set(instances.map(({ pid }) => pid));
}

export async function stopService(host: ServiceHost, pid: number): Promise<void> {
  await withService(host, pid, (control) => control.stop('service is replaced or deleted'));
}

/**
 * Stops unknown emulators that run from this service's folder: a command that was killed between recording the new
 * emulator and stopping the old one leaves one behind.
 */
export async function endUnknown(
  host: ServiceHost,
  directory: string,
  known: number | undefined,
): Promise<void> {
  const instances = await openWorkspace(host.home).then((it) => it.list());
  for (const { pid, projectDir } of instances) {
    if (isInside(directory, projectDir) && pid !== known) await stopService(host, pid);
  }
}

/** The device that an emulator runs on. */
export function engineOf(host: ServiceHost, pid: number): Promise<EngineStatus | null | undefined> {
  return withService(host, pid, async (control) => (await control.state()).engine);
}

/**
 * Moves a started service to its port: the requested one, else the first free one from 6789.
 * @returns the port
 * @throws PORT_TAKEN if the requested port is in use.
 */
export async function publishService(
  host: ServiceHost,
  pid: number,
  wanted: number | undefined,
): Promise<number> {
  const ports =
    wanted === undefined ? Array.from({ length: PORTS }, (_, index) => FIRST_PORT + index) : [wanted];
  let refused: unknown;
  for (const port of ports) {
    try {
      await withService(host, pid, (control) => control.publish(port));
      return port;
    } catch (error) {
      if (!(error instanceof TritonLocalError && error.code.startsWith('PORT_'))) throw error;
      refused = error;
    }
  }
  throw refused;
}

/**
 * Moves a started service to the port of another, which moves to a private port and keeps serving its open connections
 * until it ends.
 * @returns whether the other service was running; it stays on its new port if this throws.
 * @throws PORT_TAKEN if another process took the port first.
 */
export async function takePort(host: ServiceHost, pid: number, from: RunningService): Promise<boolean> {
  const taken = await withService(host, from.pid, (old) =>
    withService(host, pid, async (fresh) => {
      // Control connections to both are open by now, to keep the gap between the two calls short.
      await old.publish(0);
      await fresh.publish(from.port);
      return true;
    }),
  );
  return taken ?? false;
}

/** Moves a service back to its port if it is running. */
export async function returnToPort(host: ServiceHost, { pid, port }: RunningService): Promise<void> {
  await withService(host, pid, (control) => control.publish(port));
}

/**
 * Checks that a port is free before a start that may take minutes. The port of the service being replaced counts as
 * free.
 * @throws PORT_TAKEN with LocalWebservice's message.
 */
export async function checkPort(port: number, own: number | undefined): Promise<void> {
  if (port === own) return;
  const server = createServer();
  try {
    await listen(server, '127.0.0.1', port, 'the service');
  } catch (error) {
    if (!(error instanceof TritonLocalError)) throw error;
    throw new TritonLocalError(
      error.code,
      error.kind,
      `Docker container start has failed, the port you are attempting to use is already in use\n${error.message}`,
      { hint: 'free the port, or set another one in the deployment configuration', cause: error },
    );
  } finally {
    server.close();
  }
}
