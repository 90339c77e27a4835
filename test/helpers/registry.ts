import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { tarDirectory } from '../../src/engines/docker/archive.ts';
import { TempFolder } from './temp-project.ts';

export interface RegistryOptions {
  /** What callers must know; `basic` by themselves, `token` by a token that they get with it. */
  readonly auth?: { readonly kind: 'basic' | 'token'; readonly user: string; readonly password: string };
  /** How fast layers are sent. */
  readonly bytesPerSecond?: number;
  /** Sends other bytes than the manifest promises. */
  readonly corrupt?: boolean;
}

const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';
const LAYER_TYPE = 'application/vnd.docker.image.rootfs.diff.tar';
const CHUNK_BYTES = 1 << 16;
const TOKEN = 'a-token-of-the-test';

/** An image registry over plain HTTP on the loopback, whom a Docker daemon trusts there, with one image of two layers. */
export class Registry implements AsyncDisposable {
  /** What to pull. */
  readonly reference: string;
  readonly layerBytes: number;
  readonly #server: http.Server;

  private constructor(server: http.Server, reference: string, layerBytes: number) {
    this.#server = server;
    this.reference = reference;
    this.layerBytes = layerBytes;
  }

  /** @param bytes of each of the two layers; the content is another one each time, so that no daemon has it */
  static async start(bytes: number, options: RegistryOptions = {}): Promise<Registry> {
    const layers = [await layerOf(randomBytes(bytes)), await layerOf(randomBytes(bytes))];
    const config = Buffer.from(
      JSON.stringify({
        architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
        os: 'linux',
        config: { Cmd: ['/none'] },
        rootfs: { type: 'layers', diff_ids: layers.map(digestOf) },
      }),
    );
    const blobs = new Map([config, ...layers].map((blob) => [digestOf(blob), blob]));
    const described = (blob: Buffer, mediaType: string) => ({
      mediaType,
      size: blob.length,
      digest: digestOf(blob),
    });
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST_TYPE,
        config: described(config, 'application/vnd.docker.container.image.v1+json'),
        layers: layers.map((layer) => described(layer, LAYER_TYPE)),
      }),
    );
    const server = http.createServer((request, response) => {
      void answer(request, response, { manifest, blobs, options }).catch(() => response.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const total = layers.reduce((sum, layer) => sum + layer.length, 0);
    return new Registry(server, `127.0.0.1:${port}/team/triton:1`, total);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

interface Content {
  readonly manifest: Buffer;
  readonly blobs: ReadonlyMap<string, Buffer>;
  readonly options: RegistryOptions;
}

async function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  { manifest, blobs, options }: Content,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '', 'http://registry');
  const host = request.headers.host ?? '';
  if (pathname === '/token') {
    if (!isKnown(request, options)) return refuse(response, 'Basic realm="registry"');
    return send(response, 200, 'application/json', JSON.stringify({ token: TOKEN }));
  }
  const isAllowed =
    options.auth === undefined ||
    (options.auth.kind === 'basic'
      ? isKnown(request, options)
      : request.headers.authorization === `Bearer ${TOKEN}`);
  if (!isAllowed) {
    const basic = options.auth?.kind === 'basic';
    return refuse(
      response,
      basic ? 'Basic realm="registry"' : `Bearer realm="http://${host}/token",service="registry"`,
    );
  }
  if (pathname === '/v2/') return send(response, 200, 'application/json', '{}');
  if (/\/manifests\/(1|sha256:.*)$/.test(pathname)) {
    response.setHeader('Docker-Content-Digest', digestOf(manifest));
    return send(response, 200, MANIFEST_TYPE, request.method === 'HEAD' ? '' : manifest, manifest.length);
  }
  const blob = blobs.get(pathname.split('/blobs/')[1] ?? '');
  if (!blob) {
    const errors = [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }];
    return send(response, 404, 'application/json', JSON.stringify({ errors }));
  }
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': blob.length });
  await pipeline(Readable.from(slowly(blob, options)), response);
}

async function* slowly(blob: Buffer, { bytesPerSecond, corrupt }: RegistryOptions): AsyncGenerator<Buffer> {
  for (let at = 0; at < blob.length; at += CHUNK_BYTES) {
    const chunk = blob.subarray(at, at + CHUNK_BYTES);
    yield corrupt && blob.length > CHUNK_BYTES ? Buffer.alloc(chunk.length) : chunk;
    if (bytesPerSecond) await sleep((chunk.length / bytesPerSecond) * 1_000);
  }
}

function isKnown({ headers }: http.IncomingMessage, { auth }: RegistryOptions): boolean {
  if (!auth) return true;
  return headers.authorization === `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}`;
}

function refuse(response: http.ServerResponse, challenge: string): void {
  response.setHeader('WWW-Authenticate', challenge);
  const errors = [{ code: 'UNAUTHORIZED', message: 'authentication required' }];
  send(response, 401, 'application/json', JSON.stringify({ errors }));
}

function send(
  response: http.ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  length = Buffer.byteLength(body),
): void {
  response.setHeader('Docker-Distribution-Api-Version', 'registry/2.0');
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': length });
  response.end(body);
}

async function layerOf(content: Buffer): Promise<Buffer> {
  await using folder = await TempFolder.create('tl-layer-');
  await mkdir(folder.path('files'));
  await writeFile(folder.path('files', digestOf(content).slice(7, 19)), content);
  const parts: Buffer[] = [];
  for await (const part of tarDirectory(folder.path('files'), 'files')) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
