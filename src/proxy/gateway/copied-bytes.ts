import type { Socket } from 'node:net';
import type { Passage } from './tcp-gateway.ts';

/** Copies bytes between a client and the engine without reading them. */
export class CopiedBytes implements Passage {
  readonly #engine: Socket;
  #read = 0;
  #written = 0;
  #awaits = false;

  constructor(client: Socket, engine: Socket) {
    this.#engine = engine;
    client.pipe(engine);
    engine.pipe(client);
  }

  /** Whether the client sent bytes last, so that an answer is probably awaited. */
  awaitsAnswer(): boolean {
    const { bytesRead, bytesWritten } = this.#engine;
    this.#awaits = bytesRead === this.#read && (this.#awaits || bytesWritten !== this.#written);
    this.#read = bytesRead;
    this.#written = bytesWritten;
    return this.#awaits;
  }
}
