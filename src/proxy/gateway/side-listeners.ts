import { openSidePort, type SideListener } from '../../base/index.ts';
import type { EventSink } from '../../events/index.ts';
import { SIDE_SERVICES } from '../../kserve/index.ts';
import type { EngineEndpoints } from '../endpoints.ts';
import { CopiedBytes } from './copied-bytes.ts';
import type { GatewayPorts } from './gateway-ports.ts';
import { GrpcGateway, type GrpcGatewayOptions } from './grpc-gateway.ts';
import { MetricsGateway } from './metrics-gateway.ts';
import { TcpGateway } from './tcp-gateway.ts';

type ServiceName = keyof typeof SIDE_SERVICES;

const SERVICES = [
  { name: 'grpc', port: 'grpcPort' },
  { name: 'metrics', port: 'metricsPort' },
] as const;

interface Listener extends AsyncDisposable, SideListener {
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
    for (const { name, port } of SERVICES) {
      if (endpoints[name] === undefined || this.#open.has(name)) continue;
      const listener = this.#make(name, endpoints);
      const { host, required } = this.#options;
      const side = { port: this.#options[port], isChosen: required[name] };
      const service = SIDE_SERVICES[name];
      const address = await openSidePort(listener, service, host, side, (text) => this.#log('warning', text));
      if (address === undefined) continue;
      this.#open.set(name, { listener, address });
      this.#log('info', `${service.title} at ${address}`);
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
