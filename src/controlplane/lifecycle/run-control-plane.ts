import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { ServiceHost } from '../../azureml/index.ts';
import { Lifetime, TritonLocalError, writeFileAtomic } from '../../base/index.ts';
import { type ProcessControl, serveControl } from '../../control/index.ts';
import { EventBus, EventLog, StateStore } from '../../events/index.ts';
import {
  type AzureWorkspace,
  controlPlaneDirectory,
  controlPlaneSecrets,
  localCertificate,
  openWorkspace,
  readRecord,
} from '../../workspace/index.ts';
import { Users } from './users.ts';

export interface RunningControlPlane {
  /** `https://127.0.0.1:PORT` */
  readonly origin: string;
  /** Resolves once it has stopped, for whatever reason. */
  readonly stopped: Promise<void>;
  stop(reason: string): Promise<void>;
}

/**
 * Runs the control plane of a state folder in this process; other processes find and stop it like an emulator. It stops
 * by itself once its last user has left and no operation is in progress. It takes the port that it had before, so that
 * what a running client knows stays true, or any other.
 * @throws ALREADY_RUNNING if another process runs it.
 */
export async function runControlPlane(
  workspace: AzureWorkspace,
  host: ServiceHost,
): Promise<RunningControlPlane> {
  const lifetime = new Lifetime();
  const bus = new EventBus();
  const store = new StateStore(bus);
  const directory = controlPlaneDirectory(host.home);
  let ended: Promise<void> | undefined;
  let resolveStopped = () => {};
  const stopped = new Promise<void>((resolve) => {
    resolveStopped = resolve;
  });
  const stop = (reason: string) => {
    bus.emit({ type: 'emulator.stopping', reason });
    ended ??= lifetime[Symbol.asyncDispose]().finally(resolveStopped);
    return ended;
  };
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const began = performance.now();
    // Loaded here, so that commands which only use it do not load fastify.
    const [states, secrets, certificate, { startControlPlane }] = await Promise.all([
      openWorkspace(host.home),
      controlPlaneSecrets(host.home),
      localCertificate(host.home),
      import('../control-plane.ts'),
    ]);
    const instance = lifetime.use(
      'instance folder',
      await states.createInstance({ projectDir: directory, name: null }),
    );
    const eventLog = path.join(directory, 'events.jsonl');
    const log = new EventLog(eventLog, bus);
    lifetime.defer('log', () => log[Symbol.dispose]());
    bus.emit({ type: 'emulator.starting', projectDir: directory, pid: process.pid });
    const blobDirectory = path.join(directory, 'blobs');
    const start = (port: number) =>
      startControlPlane({ port, certificate, secrets, workspace, host, events: bus, blobDirectory });
    const plane = lifetime.use(
      'control-plane',
      await onPreviousPort(path.join(directory, 'port.json'), start),
    );
    const users = new Users(async () => {
      await plane.settled();
      // Another may have come while the operations ran.
      if (users.isIdle) await stop('its last user has left');
    });
    const control: ProcessControl = {
      state: async () => store.state,
      subscribe: (listener) => bus.subscribe(listener),
      stop,
      addUser: (kind) => users.add(kind),
    };
    lifetime.use('control socket', await serveControl(control, instance.controlSocket));
    const { origin } = plane;
    await instance.announce({
      kind: 'control-plane',
      projectDir: directory,
      scoringUri: origin,
      httpUrl: '',
      eventLog,
    });
    const startMs = performance.now() - began;
    // What killed processes left behind: the start does not wait for it.
    const swept = states.sweep().catch(() => undefined);
    lifetime.defer('sweep', () => swept);
    bus.emit({ type: 'emulator.ready', scoringUri: origin, httpUrl: origin, deployment: 'no-code', startMs });
    return { origin, stopped, stop };
  } catch (error) {
    await stop('start failed');
    throw error;
  }
}

async function onPreviousPort<Plane extends { readonly origin: string }>(
  file: string,
  start: (port: number) => Promise<Plane>,
): Promise<Plane> {
  const previous = await readRecord(file);
  const plane = typeof previous === 'number' ? await unlessRefused(start(previous)) : undefined;
  const started = plane ?? (await start(0));
  const port = Number(new URL(started.origin).port);
  if (port !== previous) await writeFileAtomic(file, `${port}\n`, 0o600);
  return started;
}

async function unlessRefused<Result>(start: Promise<Result>): Promise<Result | undefined> {
  try {
    return await start;
  } catch (error) {
    if (error instanceof TritonLocalError && error.code.startsWith('PORT_')) return undefined;
    throw error;
  }
}
