import type { EngineEndpoints } from '../proxy/index.ts';

/** Where clients reach an engine, as events, records and screens name it. */
export interface EngineAddresses {
  /** Base of the HTTP service. */
  readonly httpUrl: string;
  /** `HOST:PORT` of gRPC, as clients take it; absent if the port is not open. */
  readonly grpcAddress?: string;
  /** The document of metrics; absent if the port is not open. */
  readonly metricsUrl?: string;
}

export function addressesOf({ http, grpc, metrics }: EngineEndpoints): EngineAddresses {
  return {
    httpUrl: http,
    ...(grpc !== undefined && { grpcAddress: grpc }),
    ...(metrics !== undefined && { metricsUrl: `http://${metrics}/metrics` }),
  };
}
