import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly bytes: Buffer;
  /** What ours is sent in place of `bytes`, where the two run different files. */
  readonly oursBytes?: Buffer;
  /** Asked again until the body is like this. */
  readonly until?: RegExp;
}

/** What came back; `status` 0 where the connection was closed without an answer. */
export interface WireAnswer {
  readonly status: number;
  /** Names in lower case, sorted. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Without the framing of chunks. */
  readonly body: Buffer;
}

const ANSWER_LIMIT_MS = 20_000;

/** A request with a body of known length; further headers stand as they are given. */
export function request(
  method: string,
  target: string,
  body: string | Uint8Array = '',
  headers: Readonly<Record<string, string>> = {},
): WireRequest {
  const content = Buffer.from(body);
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: localhost', 'Connection: close'];
  const given = Object.keys(headers).map((name) => name.toLowerCase());
  const framed = given.includes('content-length') || given.includes('transfer-encoding');
  if (!framed && (method === 'POST' || content.length > 0)) lines.push(`Content-Length: ${content.length}`);
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  return { bytes: Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), content]) };
}

/** Sends a request over a connection of its own and reads the whole answer. */
export async function exchange(port: number, { bytes, until }: WireRequest): Promise<WireAnswer> {
  const deadline = performance.now() + ANSWER_LIMIT_MS;
  for (;;) {
    const answer = await exchangeOnce(port, bytes);
    if (!until || until.test(answer.body.toString()) || performance.now() > deadline) return answer;
    await sleep(20);
  }
}

function exchangeOnce(port: number, bytes: Buffer): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let received = Buffer.alloc(0);
    const settle = (ended: boolean) => {
      const answer = readAnswer(received, ended);
      if (!answer) return;
      socket.destroy();
      clearTimeout(timer);
      resolve(answer);
    };
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no answer to ${bytes.toString('latin1', 0, 300)}`));
    }, ANSWER_LIMIT_MS);
    socket.on('data', (piece) => {
      received = Buffer.concat([received, piece]);
      settle(false);
    });
    socket.on('error', () => settle(true));
    socket.on('close', () => settle(true));
  });
}

const NO_ANSWER: WireAnswer = { status: 0, headers: [], body: Buffer.alloc(0) };

function readAnswer(received: Buffer, ended: boolean): WireAnswer | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return ended ? NO_ANSWER : undefined;
  const [line = '', ...rows] = received.toString('latin1', 0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d+)/.exec(line)?.[1] ?? 0);
  const rest = received.subarray(end + 4);
  if (status === 100) return readAnswer(rest, ended);
  const headers = rows
    .map((row) => {
      const colon = row.indexOf(':');
      return [row.slice(0, colon).toLowerCase(), row.slice(colon + 1).trim()] as const;
    })
    .sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  const value = (name: string) => headers.find(([key]) => key === name)?.[1];
  if (value('transfer-encoding') === 'chunked') {
    const body = readChunks(rest);
    return body || ended ? { status, headers, body: body ?? rest } : undefined;
  }
  const length = Number(value('content-length') ?? Number.NaN);
  if (!ended && !(rest.length >= length)) return undefined;
  return { status, headers, body: Number.isNaN(length) ? rest : rest.subarray(0, length) };
}

function readChunks(framed: Buffer): Buffer | undefined {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = framed.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(framed.toString('latin1', at, line), 16);
    if (framed.length < line + 2 + size + 2) return undefined;
    if (size === 0) return Buffer.concat(pieces);
    pieces.push(framed.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
