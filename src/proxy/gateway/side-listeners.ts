import { formatAddress, messageOf, reachableHost, TritonLocalError } from '../../base/index.ts';
import type { EventSink } from '../../events/index.ts';
import type { EngineEndpoints } from '../endpoints.ts';
import { CopiedBytes } from './copied-bytes.ts';
import type { GatewayPorts } from './gateway-ports.ts';
import { GrpcGateway, type GrpcGatewayOptions } from './grpc-gateway.ts';
import { MetricsGateway } from './metrics-gateway.ts';
import { TcpGateway } from './tcp-gateway.ts';

const SERVICES = [
  { name: 'grpc', port: 'grpcPort', title: 'Triton gRPC', flag: '--grpc-port' },
  { name: 'metrics', port: 'metricsPort', title: 'Triton metrics', flag: '--metrics-port' },
] as const;

type ServiceName = (typeof SERVICES)[number]['name'];

interface Listener extends AsyncDisposable {
  listen(host: string, port: number, purpose: string): Promise<number>;
  /** Connects clients to this engine's service from now on; without endpoints, they are turned away. */
  switchTo(endpoints: EngineEndpoints | undefined): void;
}

/** The listeners on the gRPC and metrics ports. */
export class SideListeners implements AsyncDisposable {
  readonly #options: GatewayPorts & GrpcGatewayOptions;
  readonly #events: EventSink;
  readonly #open = new Map<ServiceName, { readonly listener: Listener; readonly address: string }>();

  constructor(options: GatewayPorts & GrpcGatewayOptions, events: EventSink) {
    this.#options = options;
    this.#events = events;
  }

  /** The addresses of the open listeners. */
  get addresses(): { readonly grpc?: string; readonly metrics?: string } {
    return Object.fromEntries([...this.#open].map(([name, { address }]) => [name, address]));
  }

  /** Opens a listener for each of these services that the engine has. @throws PORT_TAKEN for a port that the user chose */
  async openFor(endpoints: EngineEndpoints): Promise<void> {
    for (const { name, port, title, flag } of SERVICES) {
      if (endpoints[name] === undefined || this.#open.has(name)) continue;
      const listener = this.#make(name, endpoints);
      const { host, required } = this.#options;
      try {
        const number = await listener.listen(host, this.#options[port], title);
        const address = formatAddress(reachableHost(host), number);
        this.#open.set(name, { listener, address });
        this.#log('info', `${title} at ${address}`);
      } catch (error) {
        if (required[name] || !(error instanceof TritonLocalError)) throw error;
        this.#log(
          'warning',
          `${title} is not offered: ${messageOf(error)}; choose another port with ${flag}`,
        );
      }
    }
  }

  #make(name: ServiceName, { metrics = '', headers = {} }: EngineEndpoints): Listener {
    if (name === 'grpc') return new GrpcGateway(this.#options);
    const isPlain = !/^https?:/.test(metrics) && Object.keys(headers).length === 0;
    if (!isPlain) return new MetricsGateway();
    return new TcpGateway({ service: name, pass: (client, engine) => new CopiedBytes(client, engine) });
  }

  switchTo(endpoints: EngineEndpoints | undefined): void {
    for (const { listener } of this.#open.values()) listener.switchTo(endpoints);
  }

  #log(level: 'info' | 'warning', text: string): void {
    this.#events.emit({ type: 'log.line', source: 'emulator', level, text });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ listener }) => listener[Symbol.asyncDispose]()));
  }
}
