import { Lifetime } from '../../base/index.ts';
import { type ProcessControl, serveControl } from '../../control/index.ts';
import { EventBus, EventLog, StateStore } from '../../events/index.ts';
import {
  type AzureWorkspace,
  controlPlaneSecrets,
  ENDPOINTS,
  localCertificate,
  openWorkspace,
} from '../../workspace/index.ts';
import { EndpointViewSource } from './endpoint-view.ts';

/** First port for services without a port of their own: LocalWebservice's default. */
const FIRST_PORT = 6789;
const PORTS = 100;

export interface RunningEndpoint {
  readonly port: number;
  /** Resolves once it has stopped, for whatever reason. */
  readonly stopped: Promise<void>;
  stop(reason: string): Promise<void>;
}

/**
 * Runs the proxy of an endpoint in this process; other processes find and stop it like an emulator. It follows the
 * workspace's files: changes of deployments, traffic and keys apply from the next request on.
 * @param wanted the port; if undefined, the first free one from 6789 on.
 */
export async function runEndpoint(
  workspace: AzureWorkspace,
  home: string,
  name: string,
  wanted: number | undefined,
): Promise<RunningEndpoint> {
  const lifetime = new Lifetime();
  const bus = new EventBus();
  const store = new StateStore(bus);
  const directory = workspace.serviceDirectory(ENDPOINTS + name);
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
    const log = new EventLog(workspace.eventLog(ENDPOINTS + name, 0), bus);
    lifetime.defer('log', () => log[Symbol.dispose]());
    bus.emit({ type: 'emulator.starting', projectDir: directory, pid: process.pid });
    const states = await openWorkspace(home);
    const instance = lifetime.use('instance folder', await states.createInstance());
    const source = new EndpointViewSource(workspace, name, await controlPlaneSecrets(home));
    const certificate = () => localCertificate(home);
    // Loaded here, so that emulators do not load fastify.
    const { startEndpointProxy } = await import('./endpoint-proxy.ts');
    const proxy = lifetime.use(
      'endpoint proxy',
      await openFirst(wanted, (port) =>
        startEndpointProxy({ host: '127.0.0.1', port, source, events: bus, certificate }),
      ),
    );
    const uri = `http://localhost:${proxy.port}`;
    const control: ProcessControl = {
      state: async () => store.state,
      subscribe: (listener) => bus.subscribe(listener),
      stop,
    };
    lifetime.use('control socket', await serveControl(control, instance.controlSocket));
    const eventLog = workspace.eventLog(ENDPOINTS + name, 0);
    await instance.announce({
      kind: 'endpoint',
      projectDir: directory,
      scoringUri: uri,
      httpUrl: uri,
      eventLog,
    });
    bus.emit({ type: 'emulator.ready', scoringUri: uri, httpUrl: uri, deployment: 'no-code', startMs: 0 });
    return { port: proxy.port, stopped, stop };
  } catch (error) {
    await stop('start failed');
    throw error;
  }
}

async function openFirst<Result>(
  wanted: number | undefined,
  open: (port: number) => Promise<Result>,
): Promise<Result> {
  if (wanted !== undefined) return open(wanted);
  for (let port = FIRST_PORT; ; port += 1) {
    try {
      return await open(port);
    } catch (error) {
      if (port === FIRST_PORT + PORTS) throw error;
    }
  }
}
