import { userError } from '../base/index.ts';
import type { RepositorySync } from '../repository/index.ts';
import type { EngineContext } from './descriptor.ts';
import type { Engine, LocalEngine } from './engine.ts';
import { FrontedEngine } from './fronted-engine.ts';
import { isSetByUser } from './set-by-user.ts';

interface GatewayContext extends Pick<EngineContext, 'config' | 'events' | 'requests'> {
  /** Undefined for a server whose repository is not ours. */
  readonly sync: RepositorySync | undefined;
}

/** `--grpc-use-ssl` and `--grpc-use-ssl-mutual`, unless they are switched off. */
const GRPC_TLS = /^--grpc-use-ssl(?:-mutual)?(?:=(?!(?:false|0)$)|$)/i;

/**
 * Puts our own listeners, at the project's ports, in front of an engine that runs outside this process.
 * @throws CONFIG_INVALID if Triton is to speak TLS, which a listener that reads the calls cannot pass on.
 */
export function behindGateway(
  engine: Engine,
  { config, sync, events, requests }: GatewayContext,
): Engine<LocalEngine> {
  const given = engine.kind === 'external' ? [] : config.engine.tritonArgs;
  const tls = given.find((argument) => GRPC_TLS.test(argument));
  if (tls !== undefined) {
    throw userError(
      'CONFIG_INVALID',
      `--triton-arg ${tls} is for the embedded engine only: the listener in front of the ${engine.kind} engine reads gRPC calls, which TLS would hide`,
      { hint: 'leave the argument out, or use --engine embedded' },
    );
  }
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
