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

/** What a service's emulator is started with and found again. */
export interface ServiceHost {
  /** The program with its first arguments: this program itself. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The state folder in which running emulators are found. */
  readonly home: string;
}

export interface ServiceStart {
  /** Arguments of `up`. */
  readonly args: readonly string[];
  readonly cwd: string;
  /** Variables that `up` itself reads, such as `WORKER_COUNT`. */
  readonly variables: Readonly<Record<string, string>>;
  /** Variables of the script, which may be secrets; undefined where there is no script. */
  readonly scriptVariables: Readonly<Record<string, string>> | undefined;
  readonly eventLog: string;
  readonly onEvent: (event: EmulatorEvent) => void;
}

/** Where services listen that do not ask for a port: from LocalWebservice's own on. */
const FIRST_PORT = 6789;
const PORTS = 100;

/** Starts the emulator of a service on a port that nobody knows yet. @throws what its start threw */
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

/** Starts the door of an endpoint, at the port that it had or at the first free one. */
export function startDoor(
  host: ServiceHost,
  workspace: AzureWorkspace,
  name: string,
  port: number | undefined,
  signal: AbortSignal,
): Promise<DetachedEmulator> {
  const wanted = port === undefined ? [] : ['--port', String(port)];
  const command = [...host.command, 'endpoint-door', name, workspace.file, ...wanted];
  const crashLog = `${workspace.eventLog(ENDPOINTS + name, 0)}.crash`;
  const { environment } = host;
  return startDetached({ command, cwd: host.home, environment, crashLog, onEvent: () => undefined }, signal);
}

/** Runs `task` with the emulator of this process number; undefined where it runs no more. */
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

/** The process numbers of the emulators that run. */
export async function runningPids(host: ServiceHost): Promise<ReadonlySet<number>> {
  const instances = await openWorkspace(host.home).then((it) => it.list());
  return new Set(instances.map(({ pid }) => pid));
}

export async function stopService(host: ServiceHost, pid: number): Promise<void> {
  await withService(host, pid, (control) => control.stop('service is replaced or deleted'));
}

/**
 * Ends what runs from this folder of a service besides the one that is known: what a command left that was killed
 * between recording the new one and ending the old.
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

/** What an emulator turned out to run on. */
export function engineOf(host: ServiceHost, pid: number): Promise<EngineStatus | null | undefined> {
  return withService(host, pid, async (control) => (await control.state()).engine);
}

/**
 * Moves a started service to its port: the one asked for, else the first free one from 6789 on.
 * @returns the port
 * @throws PORT_TAKEN for one that was asked for.
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
 * Moves a started service to the port of another, which leaves it for one of its own. Who is connected to that one is
 * served on there until it ends.
 * @returns whether there is another one; it keeps its new port where this throws.
 * @throws PORT_TAKEN where somebody else was faster.
 */
export async function takePort(host: ServiceHost, pid: number, from: RunningService): Promise<boolean> {
  const taken = await withService(host, from.pid, (old) =>
    withService(host, pid, async (fresh) => {
      // Both are connected to by now: between the two calls new connections find nobody.
      await old.publish(0);
      await fresh.publish(from.port);
      return true;
    }),
  );
  return taken ?? false;
}

/** Moves a service back to its port, if it runs. */
export async function returnToPort(host: ServiceHost, { pid, port }: RunningService): Promise<void> {
  await withService(host, pid, (control) => control.publish(port));
}

/**
 * Whether a port can be had, asked before minutes go into a start. The one of the service that is replaced counts as
 * free.
 * @throws PORT_TAKEN in LocalWebservice's words.
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
      { hint: 'free it, or ask for another port in the deployment configuration', cause: error },
    );
  } finally {
    server.close();
  }
}
