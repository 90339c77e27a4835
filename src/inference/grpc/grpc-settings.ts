/** How much responses are compressed, by the names of `--grpc-infer-response-compression-level`. */
export const COMPRESSION_LEVELS = ['none', 'low', 'medium', 'high'] as const;
export type CompressionLevel = (typeof COMPRESSION_LEVELS)[number];

/** Keep-alive, ping limits and age of client connections; times in milliseconds. */
export interface ConnectionSettings {
  /** Silence after which the server pings a client. */
  readonly keepaliveMs: number;
  /** How long the client may take to acknowledge that ping. */
  readonly keepaliveTimeoutMs: number;
  /** Whether connections without calls are pinged, and may ping. */
  readonly permitWithoutCalls: boolean;
  /** A ping that comes sooner after the last one is a strike. */
  readonly minPingIntervalMs: number;
  /** Strikes that a client may have; 0 for any number. */
  readonly maxPingStrikes: number;
  /** Undefined for connections of any age. */
  readonly maxAgeMs: number | undefined;
  /** How long calls may go on after that; undefined for as long as they take. */
  readonly maxAgeGraceMs: number | undefined;
}

/** Files in PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Of the authority that signs clients' certificates; undefined if clients need none. */
  readonly clientRoot: string | undefined;
}

/** What Triton's `--grpc-...` arguments set. */
export interface GrpcSettings {
  readonly responseCompression: CompressionLevel;
  readonly connection: ConnectionSettings;
  /** Undefined without TLS. */
  readonly tls: TlsFiles | undefined;
}

/** Reads one argument of Triton's command line. @throws ENGINE_START_FAILED for a wrong value */
export interface ArgumentReader {
  flag(name: string, standard: boolean): boolean;
  /** A whole number. */
  count<Standard extends number | undefined>(name: string, standard: Standard): number | Standard;
  choice<Choice extends string>(name: string, choices: readonly [Choice, ...Choice[]]): Choice;
  /** @throws also if it is missing */
  file(name: string): string;
}

/** The arguments that `readGrpcSettings` reads, or that have no effect in Triton 2.51 either. */
export const GRPC_ARGUMENTS: readonly string[] = [
  'grpc-infer-response-compression-level',
  'grpc-keepalive-time',
  'grpc-keepalive-timeout',
  'grpc-keepalive-permit-without-calls',
  'grpc-http2-min-recv-ping-interval-without-data',
  'grpc-http2-max-ping-strikes',
  'grpc-http2-max-pings-without-data',
  'grpc-max-connection-age',
  'grpc-max-connection-age-grace',
  'grpc-use-ssl',
  'grpc-use-ssl-mutual',
  'grpc-server-cert',
  'grpc-server-key',
  'grpc-root-cert',
];

/** Reads Triton's arguments for gRPC, with Triton's defaults. @throws ENGINE_START_FAILED for a wrong value */
export function readGrpcSettings({ flag, count, choice, file }: ArgumentReader): GrpcSettings {
  const isMutual = flag('grpc-use-ssl-mutual', false);
  const usesTls = flag('grpc-use-ssl', false) || isMutual;
  return {
    responseCompression: choice('grpc-infer-response-compression-level', COMPRESSION_LEVELS),
    connection: {
      keepaliveMs: count('grpc-keepalive-time', 7_200_000),
      keepaliveTimeoutMs: count('grpc-keepalive-timeout', 20_000),
      permitWithoutCalls: flag('grpc-keepalive-permit-without-calls', false),
      minPingIntervalMs: count('grpc-http2-min-recv-ping-interval-without-data', 300_000),
      maxPingStrikes: count('grpc-http2-max-ping-strikes', 2),
      maxAgeMs: count('grpc-max-connection-age', undefined),
      maxAgeGraceMs: count('grpc-max-connection-age-grace', undefined),
    },
    tls: usesTls
      ? {
          cert: file('grpc-server-cert'),
          key: file('grpc-server-key'),
          clientRoot: isMutual ? file('grpc-root-cert') : undefined,
        }
      : undefined,
  };
}
