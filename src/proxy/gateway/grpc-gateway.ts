import type { HeaderField } from '../../http2/index.ts';
import type { RepositorySync } from '../../repository/index.ts';
import type { EngineEndpoints } from '../endpoints.ts';
import type { LivenessLimits } from '../liveness.ts';
import { type GrpcCallRules, GrpcConnection } from './grpc-connection.ts';
import { TcpGateway } from './tcp-gateway.ts';

export interface GrpcGatewayOptions {
  /** Whether clients may load and unload models. */
  readonly allowsControl: boolean;
  /** Brings the engine's repository up to date before clients list or load models. */
  readonly sync?: RepositorySync | undefined;
  /** Called after the end of a client's load or unload call. */
  readonly onModelControl?: () => void;
  readonly liveness?: LivenessLimits;
}

/** Our own listener on Triton's gRPC port, in front of an engine that runs elsewhere. */
export class GrpcGateway implements AsyncDisposable {
  readonly #gateway: TcpGateway;

  constructor({ liveness, ...rules }: GrpcGatewayOptions) {
    this.#gateway = new TcpGateway({
      service: 'grpc',
      pass: (client, engine, endpoints) =>
        new GrpcConnection(client, engine, { ...rules, rewrite: makeRewrite(endpoints) }),
      liveness,
    });
  }

  /** @throws PORT_TAKEN, PORT_REFUSED */
  listen(host: string, port: number, purpose: string): Promise<number> {
    return this.#gateway.listen(host, port, purpose);
  }

  /** Connects new clients there from now on; without endpoints, they are disconnected. Existing connections end with their engine. */
  switchTo(endpoints: EngineEndpoints | undefined): void {
    this.#gateway.switchTo(endpoints);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#gateway[Symbol.asyncDispose]();
  }
}

/** An engine at a URL is addressed by its own name, and gets our header fields; one at `HOST:PORT` takes calls as they are. */
function makeRewrite({ grpc = '', headers = {} }: EngineEndpoints): GrpcCallRules['rewrite'] {
  const added = Object.entries(headers).map(([name, value]) => ({
    name: name.toLowerCase(),
    value: Buffer.from(value).toString('latin1'),
  }));
  if (!grpc.includes('://') && added.length === 0) return undefined;
  const { host, protocol } = new URL(grpc.includes('://') ? grpc : `grpc://${grpc}`);
  const replaced: readonly HeaderField[] = [
    { name: ':scheme', value: protocol === 'grpcs:' || protocol === 'https:' ? 'https' : 'http' },
    { name: ':authority', value: host },
  ];
  const names = new Set([...replaced, ...added, { name: 'host' }].map(({ name }) => name));
  return (fields) => {
    const kept = fields.filter(({ name }) => !names.has(name));
    const isPseudo = ({ name }: HeaderField) => name.startsWith(':');
    return [...kept.filter(isPseudo), ...replaced, ...kept.filter((field) => !isPseudo(field)), ...added];
  };
}
