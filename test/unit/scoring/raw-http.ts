import { connect, type Socket } from 'node:net';

/** An answer as it stood on the wire: order, case and repetitions of the headers kept. */
export interface RawAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** The first value of a header, by its name in any case. */
  header(name: string): string | undefined;
}

/** Sends bytes over a connection of its own and reads until the other side closes or the answer is whole. */
export async function ask(port: number, request: string | Buffer): Promise<RawAnswer> {
  const socket = await open(port);
  socket.write(typeof request === 'string' ? Buffer.from(request, 'latin1') : request);
  const answer = await readAnswer(socket, /^HEAD /.test(request.toString('latin1', 0, 5)));
  socket.destroy();
  return answer;
}

/** An answer, or undefined where the connection ended without one. */
export type WireAnswer = RawAnswer | undefined;

/**
 * Like `ask`, for bytes that may not be a request at all. A sender that half-closes sends nothing more; a missing
 * answer counts as none.
 */
export async function exchangeBytes(
  port: number,
  bytes: string,
  { halfClose = false, silenceMs = 30_000 }: { halfClose?: boolean; silenceMs?: number } = {},
): Promise<WireAnswer> {
  const socket = await open(port, halfClose);
  const timer = setTimeout(() => socket.destroy(), silenceMs);
  const answer = readAnswer(socket, bytes.startsWith('HEAD ')).catch(() => undefined);
  if (halfClose) socket.end(bytes, 'latin1');
  else socket.write(bytes, 'latin1');
  const found = await answer;
  clearTimeout(timer);
  socket.destroy();
  return found;
}

export function open(port: number, allowHalfOpen = false): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen }, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** A request with what every one needs; `extra` are whole header lines. */
export function requestText(
  method: string,
  target: string,
  extra: readonly string[] = [],
  body = '',
): string {
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...extra];
  if (body !== '') lines.push(`Content-Length: ${Buffer.byteLength(body, 'latin1')}`);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

export function readAnswer(socket: Socket, bodiless = false): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let data = Buffer.alloc(0);
    const done = (ended: boolean) => {
      const answer = parse(data, bodiless, ended);
      if (answer) resolve(answer);
      else if (ended)
        reject(new Error(`the connection ended after ${JSON.stringify(data.toString('latin1'))}`));
    };
    socket.on('data', (chunk) => {
      data = Buffer.concat([data, chunk]);
      done(false);
    });
    socket.on('error', () => done(true));
    socket.on('end', () => done(true));
    socket.on('close', () => done(true));
  });
}

function parse(data: Buffer, bodiless: boolean, ended: boolean): RawAnswer | undefined {
  const end = data.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [line = '', ...rows] = data.toString('latin1', 0, end).split('\r\n');
  const [, status = '', reason = ''] = /^HTTP\/1\.[01] (\d+) ?(.*)$/.exec(line) ?? [];
  const rest = data.subarray(end + 4);
  if (status === '100') return parse(rest, bodiless, ended);
  const headers = rows.map(
    (row) => [row.slice(0, row.indexOf(':')), row.slice(row.indexOf(':') + 1).trim()] as const,
  );
  const header = (name: string) => headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  const told = header('content-length');
  const length = told === undefined ? Number.POSITIVE_INFINITY : Number(told);
  const chunked = header('transfer-encoding') === 'chunked';
  bodiless ||= status === '204' || status === '304';
  const whole = bodiless || (chunked ? rest.includes('0\r\n\r\n') : rest.length >= length);
  if (!whole && !ended) return undefined;
  const body = chunked ? rest : rest.subarray(0, bodiless ? 0 : length);
  return { status: Number(status), reason, headers, body, header };
}
