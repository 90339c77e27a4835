import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceHost } from '../../azureml/index.ts';
import { describeLockHolder, systemError, TritonLocalError, withFileLock } from '../../base/index.ts';
import { connectControl, type RemoteControl, startDetached, type UseKind } from '../../control/index.ts';
import { controlPlaneDirectory, type InstanceRecord, openWorkspace } from '../../workspace/index.ts';

/** A control plane that runs at least until this is disposed of. */
export interface JoinedControlPlane extends AsyncDisposable {
  /** `https://127.0.0.1:PORT` */
  readonly origin: string;
  readonly pid: number;
  /** Resolves once it has ended, or this use of it. */
  readonly closed: Promise<void>;
}

/** How long a control plane that is stopping, or started by another process, is waited for. */
const START_LIMIT_MS = 20_000;
const POLL_MS = 25;
/** It is idle most of the time: without this, V8 keeps six megabytes more for short-lived objects. */
const LITTLE_MEMORY = '--max-semi-space-size=1';

/** The control plane that runs for a state folder; undefined if none does. */
export async function findControlPlane(home: string): Promise<InstanceRecord | undefined> {
  const directory = controlPlaneDirectory(home);
  const running = await (await openWorkspace(home)).list();
  return running.find(({ kind, projectDir }) => kind === 'control-plane' && projectDir === directory);
}

/**
 * Uses the control plane that runs for the host's state folder, or starts one, in a process of its own. The use ends
 * with this process at the latest, however it ends.
 * @throws ALREADY_RUNNING for a terminal or detached use of one that has such a use; the error of its start.
 */
export async function joinControlPlane(host: ServiceHost, kind: UseKind): Promise<JoinedControlPlane> {
  const running = await joinRunning(host.home, kind);
  if (running) return running;
  const lock = path.join(controlPlaneDirectory(host.home), 'start.lock');
  const signal = AbortSignal.timeout(START_LIMIT_MS);
  try {
    const join = () => joinOrStart(host, kind, signal);
    return await withFileLock(lock, signal, () => undefined, join);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw systemError('WORKSPACE_BUSY', `the Azure control plane of ${host.home} neither answers nor ends`, {
      hint: `end its process, or the one that starts it: ${await describeLockHolder(lock)}`,
      cause: error,
    });
  }
}

async function joinOrStart(
  host: ServiceHost,
  kind: UseKind,
  signal: AbortSignal,
): Promise<JoinedControlPlane> {
  for (;;) {
    const joined = (await joinRunning(host.home, kind)) ?? (await start(host, kind, signal));
    if (joined) return joined;
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function joinRunning(home: string, kind: UseKind): Promise<JoinedControlPlane | undefined> {
  const instance = await findControlPlane(home);
  if (!instance) return undefined;
  let control: RemoteControl | undefined;
  try {
    control = await connectControl(instance.controlSocket);
    await control.join(kind);
  } catch (error) {
    await control?.[Symbol.asyncDispose]();
    // Otherwise it is stopping.
    if (isAlreadyRunning(error)) throw error;
    return undefined;
  }
  const { pid, closed } = control;
  return { origin: instance.scoringUri, pid, closed, [Symbol.asyncDispose]: control[Symbol.asyncDispose] };
}

/** @returns undefined if another one is stopping. */
async function start(
  host: ServiceHost,
  kind: UseKind,
  signal: AbortSignal,
): Promise<JoinedControlPlane | undefined> {
  const [node = '', ...program] = host.command;
  const command = [node, LITTLE_MEMORY, ...program, 'control-plane'];
  const crashLog = path.join(controlPlaneDirectory(host.home), 'crash.log');
  const { environment, home: cwd } = host;
  try {
    const started = await startDetached(
      { command, cwd, environment, crashLog, onEvent: () => undefined },
      signal,
    );
    const joined = await joinRunning(host.home, kind);
    if (joined) await started.keep();
    return joined;
  } catch (error) {
    if (isAlreadyRunning(error)) return undefined;
    throw error;
  }
}

function isAlreadyRunning(error: unknown): boolean {
  return error instanceof TritonLocalError && error.code === 'ALREADY_RUNNING';
}
