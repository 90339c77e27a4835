import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { createServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import { messageOf } from '../../base/index.ts';
import type { LocalCertificate } from '../../workspace/index.ts';

/** The first byte of every TLS connection: a handshake record. No HTTP request begins with it. */
const HANDSHAKE = 0x16;
const HANDSHAKE_LIMIT_MS = 10_000;

export interface TlsListenerOptions {
  readonly server: HttpServer;
  readonly certificate: LocalCertificate;
  /** Called when the certificate is due for renewal. */
  readonly renew: () => Promise<LocalCertificate>;
}

/**
 * Lets an HTTP server answer HTTPS on its port too: the first byte of a connection tells. Everything that listens to the
 * server's connections at this moment gets them after it, encrypted ones as `TLSSocket`, so that all limits apply to
 * both kinds. `close` ends the connections that have not got there.
 */
export class TlsListener {
  readonly #server: HttpServer;
  readonly #tls: TlsServer;
  readonly #renew: () => Promise<LocalCertificate>;
  readonly #listeners: readonly ((socket: Socket) => void)[];
  /** By peer: connections whose kind is not known yet, or whose handshake is not done. */
  readonly #undecided = new Map<string, Socket>();
  #renewAt: number;

  constructor({ server, certificate, renew }: TlsListenerOptions) {
    const { key, cert, renewAt } = certificate;
    this.#server = server;
    this.#renew = renew;
    this.#renewAt = renewAt;
    this.#listeners = server.listeners('connection') as ((socket: Socket) => void)[];
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => this.#decide(socket));
    // It never listens: connections are handed to it.
    this.#tls = createServer({
      key,
      cert,
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: HANDSHAKE_LIMIT_MS,
    });
    this.#tls.on('secureConnection', (socket: TLSSocket) => this.#accept(socket));
    this.#tls.on('tlsClientError', (_error, socket) => socket.destroy());
  }

  close(): void {
    for (const socket of this.#undecided.values()) socket.destroy();
  }

  #decide(socket: Socket): void {
    const peer = peerOf(socket);
    this.#undecided.set(peer, socket);
    const drop = () => socket.destroy();
    const timeOut = () => {
      const error = Object.assign(new Error('no request'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
      if (!this.#server.emit('clientError', error, socket)) socket.destroy();
    };
    const begin = (head: Buffer) => {
      socket.off('error', drop).off('end', drop).off('timeout', timeOut).setTimeout(0);
      socket.pause();
      socket.unshift(head);
      if (head[0] === HANDSHAKE) this.#encrypt(socket);
      else {
        this.#accept(socket);
        socket.resume();
      }
    };
    socket.once('data', begin).once('error', drop).once('end', drop);
    socket.once('close', () => this.#undecided.delete(peer));
    socket.setTimeout(this.#server.headersTimeout, timeOut);
  }

  #encrypt(socket: Socket): void {
    if (Date.now() >= this.#renewAt) void this.#renewCertificate();
    // The socket below reports what ends a handshake.
    socket.on('error', () => socket.destroy());
    this.#tls.emit('connection', socket);
  }

  /** For the connections after this one. While it fails, the old certificate is used: it is still valid. */
  async #renewCertificate(): Promise<void> {
    this.#renewAt = Number.POSITIVE_INFINITY;
    try {
      const { key, cert, renewAt } = await this.#renew();
      this.#tls.setSecureContext({ key, cert });
      this.#renewAt = renewAt;
    } catch (error) {
      process.emitWarning(`the certificate cannot be renewed: ${messageOf(error)}`);
    }
  }

  #accept(socket: Socket): void {
    this.#undecided.delete(peerOf(socket));
    for (const listener of this.#listeners) listener.call(this.#server, socket);
  }
}

/** A `TLSSocket` has the same peer as the connection below it. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
