import type { RepositorySync } from '../repository/index.ts';
import type { EngineContext } from './descriptor.ts';
import type { Engine, LocalEngine } from './engine.ts';
import { FrontedEngine } from './fronted-engine.ts';
import { isSetByUser } from './set-by-user.ts';

interface GatewayContext extends Pick<EngineContext, 'config' | 'events' | 'requests'> {
  /** Undefined for a server whose repository is not ours. */
  readonly sync: RepositorySync | undefined;
}

/** Puts our own listeners, at the project's ports, in front of an engine that runs outside this process. */
export function behindGateway(
  engine: Engine,
  { config, sync, events, requests }: GatewayContext,
): Engine<LocalEngine> {
  const { host, httpPort, grpcPort, metricsPort } = config.listen;
  return new FrontedEngine(engine, {
    host,
    httpPort,
    grpcPort,
    metricsPort,
    required: { grpc: isSetByUser(config, 'grpcPort'), metrics: isSetByUser(config, 'metricsPort') },
    modelControlMode: config.engine.modelControlMode,
    sync,
    events,
    requests,
  });
}
