import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { deflate, gzip } from 'node:zlib';
import type { EncodedResponse } from '../../kserve/index.ts';

export type ContentType =
  | 'application/json'
  | 'text/plain'
  | 'text/plain; charset=utf-8'
  | 'application/octet-stream'
  | 'text/event-stream; charset=utf-8';

/** Smaller answers are sent as one string: Node then sends head and body in a single plain write. */
const STRING_BYTES = 4 * 1024;
/** Smaller answers are joined and sent in one write. */
const JOIN_BYTES = 64 * 1024;

export function answer(response: ServerResponse, status: number, type: ContentType, body: string): void {
  const bytes = Buffer.byteLength(body);
  if (!begin(response, status, ['Content-Type', type, 'Content-Length', String(bytes)])) return;
  response.end(body);
}

export function answerJson(response: ServerResponse, value: unknown): void {
  answer(response, 200, 'application/json', JSON.stringify(value));
}

export function answerEmpty(
  response: ServerResponse,
  status: number,
  type: ContentType = 'text/plain',
): void {
  if (begin(response, status, ['Content-Type', type, 'Content-Length', '0'])) response.end();
}

/** An answer without a declared length. @param body Latin-1 characters that are its bytes */
export function answerInPieces(
  response: ServerResponse,
  status: number,
  type: ContentType,
  body: string,
): void {
  if (begin(response, status, ['Content-Type', type, 'Transfer-Encoding', 'chunked']))
    response.end(body, 'latin1');
}

/** `{"error": MESSAGE}` as Latin-1 characters that are its bytes. */
export function errorBody(message: string): string {
  return Buffer.from(JSON.stringify({ error: message })).toString('latin1');
}

/** Server-sent events. The head is sent with the first one, whose success or failure determines the status. */
export class EventStream {
  readonly #response: ServerResponse;
  #begun = false;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  /** @param data Latin-1 characters that are its bytes */
  send(data: string): void {
    if (this.#begin(200)) this.#response.write(`data: ${data}\n\n`, 'latin1');
  }

  fail(message: string): void {
    if (this.#begin(400)) this.#response.write(`data: ${errorBody(message)}\n\n`, 'latin1');
  }

  end(): void {
    if (this.#begin(200)) this.#response.end();
  }

  #begin(status: number): boolean {
    if (this.#response.destroyed) return false;
    if (this.#begun) return true;
    this.#begun = true;
    const headers = ['Content-Type', 'text/event-stream; charset=utf-8', 'Transfer-Encoding', 'chunked'];
    return begin(this.#response, status, headers);
  }
}

/** `{"error": MESSAGE}` with the status of the error. */
export function answerError(
  response: ServerResponse,
  status: number,
  message: string,
  type: ContentType = 'application/json',
): void {
  answer(response, status, type, JSON.stringify({ error: message }));
}

/** An inference answer, compressed if the client prefers that. */
export async function answerInfer(
  response: ServerResponse,
  { json, tensors, totalBytes }: EncodedResponse,
  acceptEncoding: string | undefined,
): Promise<void> {
  const headers =
    tensors.length === 0
      ? ['Content-Type', 'application/json']
      : [
          'Content-Type',
          'application/octet-stream',
          'Inference-Header-Content-Length',
          String(json.byteLength),
        ];
  const encoding = acceptEncoding === undefined ? 'identity' : preferredEncoding(acceptEncoding);
  if (encoding !== 'identity') {
    const compressed = await COMPRESS[encoding](Buffer.concat([json, ...tensors], totalBytes));
    headers.push('Content-Encoding', encoding, 'Content-Length', String(compressed.byteLength));
    if (begin(response, 200, headers)) response.end(compressed);
    return;
  }
  headers.push('Content-Length', String(totalBytes));
  if (!begin(response, 200, headers)) return;
  if (totalBytes <= STRING_BYTES) {
    let body = json.toString('latin1');
    for (const tensor of tensors) body += textOf(tensor);
    response.end(body, 'latin1');
  } else if (tensors.length === 0) {
    response.end(json);
  } else if (totalBytes <= JOIN_BYTES) {
    response.end(Buffer.concat([json, ...tensors], totalBytes));
  } else {
    response.write(json);
    for (const tensor of tensors) response.write(tensor);
    response.end();
  }
}

function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}

/** Writes the head; false if the client has disconnected. */
function begin(response: ServerResponse, status: number, headers: string[]): boolean {
  // A body that the parser refused midway was already answered without this response.
  if (response.destroyed || response.headersSent || response.socket?.writableEnded) return false;
  response.sendDate = false;
  response.writeHead(status, headers);
  return true;
}

const COMPRESS = { gzip: promisify(gzip), deflate: promisify(deflate) };
type Encoding = keyof typeof COMPRESS | 'identity';

/** The supported encoding with the highest q-value, the first of equals; `identity` if none is named. */
export function preferredEncoding(accept: string): Encoding {
  let best: Encoding = 'identity';
  let bestWeight = 0;
  for (const part of accept.split(',')) {
    const [name = '', ...parameters] = part.trimStart().split(';');
    if (name !== 'gzip' && name !== 'deflate' && name !== 'identity') continue;
    const weight = parameters.find((parameter) => parameter.trimStart().startsWith('q='));
    const value = weight === undefined ? 1 : Number(weight.trim().slice(2)) || 0;
    if (value > bestWeight) {
      best = name;
      bestWeight = value;
    }
  }
  return best;
}
