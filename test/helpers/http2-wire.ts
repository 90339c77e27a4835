import { connect, type Socket } from 'node:net';
import { FRAME, http2Frame, PREFACE } from './http2-bytes.ts';

const ACK = 1;
const NAMES = Object.fromEntries(Object.entries(FRAME).map(([name, type]) => [type, name]));
const LIMIT_MS = 30_000;

interface Frame {
  readonly type: string;
  readonly isAck: boolean;
  readonly payload: Buffer;
}

/** A client of HTTP/2 that sends frames as they are and keeps those that it gets; only settings are acknowledged. */
export class Http2Wire implements Disposable {
  readonly frames: Frame[] = [];
  readonly #socket: Socket;
  readonly #acknowledges: boolean;
  #rest: Buffer = Buffer.alloc(0);
  #waiting: (() => void)[] = [];
  isClosed = false;

  /** @param acknowledges whether the server's pings are acknowledged */
  constructor(port: number, { acknowledges = true } = {}) {
    this.#acknowledges = acknowledges;
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (piece: Buffer) => this.#take(piece));
    this.#socket.on('close', () => {
      this.isClosed = true;
      this.#wake();
    });
    this.#socket.write(PREFACE);
  }

  send(...frames: Uint8Array[]): void {
    this.#socket.write(Buffer.concat(frames));
  }

  /** Sends a ping, and waits for its acknowledgement or the end of the connection. */
  async ping(): Promise<void> {
    const before = this.count('PING', true);
    this.send(http2Frame(FRAME.PING, 0, 0, Buffer.alloc(8)));
    await this.until(() => this.count('PING', true) > before);
  }

  count(type: keyof typeof FRAME, isAck = false): number {
    return this.frames.filter((frame) => frame.type === type && frame.isAck === isAck).length;
  }

  /** The code and text of the first GOAWAY. */
  get goaway(): readonly [code: number, text: string] | undefined {
    const payload = this.frames.find(({ type }) => type === 'GOAWAY')?.payload;
    return payload && [payload.readUInt32BE(4), payload.subarray(8).toString()];
  }

  /** Resolves once the condition holds, or the connection is closed. */
  async until(condition: () => boolean): Promise<void> {
    const timer = setTimeout(() => this.#socket.destroy(), LIMIT_MS);
    while (!condition() && !this.isClosed)
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    clearTimeout(timer);
  }

  #take(piece: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, piece]);
    while (this.#rest.length >= 9) {
      const end = 9 + this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < end) break;
      const [type = 0, flags = 0] = this.#rest.subarray(3, 5);
      const payload = Buffer.from(this.#rest.subarray(9, end));
      this.#rest = this.#rest.subarray(end);
      const isAck = (type === FRAME.PING || type === FRAME.SETTINGS) && (flags & ACK) !== 0;
      this.frames.push({ type: NAMES[type] ?? String(type), isAck, payload });
      if (type === FRAME.SETTINGS && !isAck) this.send(http2Frame(FRAME.SETTINGS, ACK, 0));
      if (type === FRAME.PING && !isAck && this.#acknowledges)
        this.send(http2Frame(FRAME.PING, ACK, 0, payload));
    }
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
