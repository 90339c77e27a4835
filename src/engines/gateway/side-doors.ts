import { messageOf, TritonLocalError } from '../../base/index.ts';
import type { EventSink } from '../../events/index.ts';
import type { EngineEndpoints } from '../engine.ts';
import type { GatewayPorts } from './ports.ts';
import { TcpGateway } from './tcp-gateway.ts';

const DOORS = [
  { name: 'grpc', port: 'grpcPort', title: 'Triton gRPC', flag: '--grpc-port' },
  { name: 'metrics', port: 'metricsPort', title: 'Triton metrics', flag: '--metrics-port' },
] as const;

type DoorName = (typeof DOORS)[number]['name'];

/** The gRPC and metrics ports, passed through byte by byte. */
export class SideDoors implements AsyncDisposable {
  readonly #options: GatewayPorts;
  readonly #events: EventSink;
  readonly #open = new Map<DoorName, { readonly gateway: TcpGateway; readonly address: string }>();

  constructor(options: GatewayPorts, events: EventSink) {
    this.#options = options;
    this.#events = events;
  }

  /** Addresses that are open. */
  get addresses(): { readonly grpc?: string; readonly metrics?: string } {
    return Object.fromEntries([...this.#open].map(([name, { address }]) => [name, address]));
  }

  /** Opens a door for each of these that the engine has. @throws PORT_TAKEN for a port that the user insists on */
  async openFor(endpoints: EngineEndpoints): Promise<void> {
    for (const { name, port, title, flag } of DOORS) {
      if (endpoints[name] === undefined || this.#open.has(name)) continue;
      const gateway = new TcpGateway();
      const { host, insists } = this.#options;
      try {
        const number = await gateway.listen(host, this.#options[port], title);
        const address = `${host.includes(':') ? `[${host}]` : host}:${number}`;
        this.#open.set(name, { gateway, address });
        this.#say('info', `${title} at ${address}`);
      } catch (error) {
        if (insists[name] || !(error instanceof TritonLocalError)) throw error;
        this.#say('warning', `${title} is not offered: ${messageOf(error)}; choose another port by ${flag}`);
      }
    }
  }

  switchTo(endpoints: EngineEndpoints | undefined): void {
    for (const [name, { gateway }] of this.#open) gateway.switchTo(endpoints?.[name]);
  }

  #say(level: 'info' | 'warning', text: string): void {
    this.#events.emit({ type: 'log.line', source: 'emulator', level, text });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ gateway }) => gateway[Symbol.asyncDispose]()));
  }
}
