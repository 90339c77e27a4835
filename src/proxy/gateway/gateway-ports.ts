/** The ports that our own listeners take before an engine that runs elsewhere. */
export interface GatewayPorts {
  readonly host: string;
  /** 0 takes any free one, as for the others. */
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly metricsPort: number;
  /** Whether the user asked for exactly this gRPC or metrics port; only then one that is taken fails the start. */
  readonly insists: { readonly grpc: boolean; readonly metrics: boolean };
}
