import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import type { SecureContextOptions, TlsOptions } from 'node:tls';

/** What a daemon answers, by path without its query; a path that is not here is never answered. */
export type DaemonAnswers = Readonly<Record<string, unknown>>;

/** An answer with a status other than 200; an object as JSON, a text as it is. */
export class Reply {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    this.status = status;
    this.body = body;
  }
}

export const VERSION = {
  Version: '29.0.1',
  ApiVersion: '1.52',
  Os: 'linux',
  Arch: 'amd64',
  Components: [{ Name: 'Engine' }],
};
export const DEFAULT_IMAGE = '/images/nvcr.io/nvidia/tritonserver:24.10-py3/json';

/** A daemon without a GPU that has the default image. */
export const ANSWERS: DaemonAnswers = {
  '/_ping': 'OK',
  '/version': VERSION,
  '/info': { OSType: 'linux', Runtimes: { runc: {} } },
  [DEFAULT_IMAGE]: { Size: 7 },
};

/** Any number of daemons on sockets and ports; all of them are closed with this. */
export class FakeDaemons implements AsyncDisposable {
  readonly #servers: net.Server[] = [];
  readonly #sockets = new Set<net.Socket>();

  /** @param where a socket's path, or 0 for any loopback port; @returns that path or port */
  async listen(where: string | number, answers: DaemonAnswers = ANSWERS): Promise<string | number> {
    return this.#open(http.createServer(answering(answers)), where);
  }

  /** The same behind TLS. */
  async listenTls(options: SecureContextOptions & TlsOptions): Promise<number> {
    return Number(await this.#open(https.createServer(options, answering(ANSWERS)), 0));
  }

  /** One that accepts connections and never says a word. */
  async listenSilently(where: string | number): Promise<string | number> {
    return this.#open(net.createServer(), where);
  }

  async #open(server: net.Server, where: string | number): Promise<string | number> {
    this.#servers.push(server);
    server.on('connection', (socket: net.Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    });
    if (typeof where === 'string') {
      await mkdir(path.dirname(where), { recursive: true });
      server.listen(where);
    } else server.listen(where, '127.0.0.1');
    await once(server, 'listening');
    return typeof where === 'string' ? where : (server.address() as net.AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

function answering(answers: DaemonAnswers): http.RequestListener {
  return (request, response) => {
    const answer = answers[request.url?.split('?')[0] ?? ''];
    if (answer === undefined) return;
    const { status, body } = answer instanceof Reply ? answer : new Reply(200, answer);
    const isText = typeof body === 'string';
    response.writeHead(status, { 'Content-Type': isText ? 'text/plain' : 'application/json' });
    response.end(isText ? body : JSON.stringify(body));
  };
}

/** A context of Docker's CLI below `home`. @returns the folder for its TLS files */
export async function writeContext(home: string, name: string, host: string): Promise<string> {
  const id = createHash('sha256').update(name).digest('hex');
  const directory = path.join(home, '.docker/contexts/meta', id);
  await mkdir(directory, { recursive: true });
  const meta = { Name: name, Endpoints: { docker: { Host: host } } };
  await writeFile(path.join(directory, 'meta.json'), JSON.stringify(meta));
  return path.join(home, '.docker/contexts/tls', id, 'docker');
}

/** Makes a context the current one. */
export async function useContext(home: string, name: string): Promise<void> {
  await mkdir(path.join(home, '.docker'), { recursive: true });
  await writeFile(path.join(home, '.docker/config.json'), JSON.stringify({ currentContext: name }));
}
