/** The ports of our own listeners in front of an engine that runs elsewhere. */
export interface GatewayPorts {
  readonly host: string;
  /** 0 picks any free port, as for the others. */
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly metricsPort: number;
  /** Whether the user chose the gRPC or metrics port; only then does a port in use fail the start. */
  readonly required: { readonly grpc: boolean; readonly metrics: boolean };
}
