import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Lifetime } from '../../../src/base/index.ts';
import {
  ErrorCode,
  encodeHeaders,
  type RequestFields,
  ServerConnection,
  type ServerStream,
  type StreamHandler,
} from '../../../src/http2/index.ts';
import {
  END_HEADERS,
  END_STREAM,
  FRAME,
  headerBlock,
  http2Frame,
  PREFACE,
} from '../../helpers/http2-bytes.ts';

const WINDOW = 100_000;
const HEAD = encodeHeaders([{ name: ':status', value: '200' }]);
const TRAILERS = encodeHeaders([{ name: 'grpc-status', value: '0' }]);
const FIELDS = { ':method': 'POST', ':scheme': 'http', ':path': '/a' };

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** A request as the server sees it. */
class Received implements StreamHandler {
  readonly stream: ServerStream;
  readonly fields: RequestFields;
  readonly body: Buffer[] = [];
  hasEnded = false;
  hasClosed = false;

  constructor(stream: ServerStream, fields: RequestFields) {
    this.stream = stream;
    this.fields = fields;
  }

  get length(): number {
    return this.body.reduce((sum, { length }) => sum + length, 0);
  }

  onData(bytes: Buffer): void {
    this.body.push(Buffer.from(bytes));
  }

  onEnd(): void {
    this.hasEnded = true;
  }

  onClose(): void {
    this.hasClosed = true;
  }
}

let lifetime: Lifetime;
let port: number;
let connections: { connection: ServerConnection; socket: net.Socket; hasClosed: boolean }[];
let requests: Received[];
/** Answers every request with these fields alone. */
let answer: Buffer | undefined;

beforeEach(async () => {
  lifetime = new Lifetime();
  connections = [];
  requests = [];
  answer = undefined;
  const server = net.createServer({ noDelay: true }, (socket) => {
    const connection = new ServerConnection(socket, {
      windowBytes: WINDOW,
      onStream: (stream, fields) => {
        const request = new Received(stream, fields);
        requests.push(request);
        if (answer) stream.respond(answer, true);
        return request;
      },
      onClose: () => {
        entry.hasClosed = true;
      },
    });
    const entry = { connection, socket, hasClosed: false };
    connections.push(entry);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as net.AddressInfo).port;
  lifetime.defer('server', () => {
    for (const { connection } of connections) connection.destroy();
    server.close();
  });
});
afterEach(() => lifetime[Symbol.asyncDispose]());

/** A client that writes bytes as they are and collects the frames of the server. */
class RawClient {
  readonly socket = net.connect(port, '127.0.0.1');
  readonly frames: Frame[] = [];
  hasClosed = false;
  #bytes = Buffer.alloc(0);

  constructor(...first: Buffer[]) {
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.hasClosed = true;
    });
    this.socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      while (this.#bytes.length >= 9 && this.#bytes.length >= 9 + this.#bytes.readUIntBE(0, 3)) {
        const end = 9 + this.#bytes.readUIntBE(0, 3);
        this.frames.push({
          type: this.#bytes[3] ?? 0,
          flags: this.#bytes[4] ?? 0,
          stream: this.#bytes.readUInt32BE(5),
          payload: this.#bytes.subarray(9, end),
        });
        this.#bytes = this.#bytes.subarray(end);
      }
    });
    lifetime.defer('client', () => this.socket.destroy());
    this.send(...first);
  }

  send(...bytes: Buffer[]): void {
    this.socket.write(Buffer.concat(bytes));
  }

  of(type: number, stream?: number): Frame[] {
    return this.frames.filter((frame) => frame.type === type && (stream ?? frame.stream) === frame.stream);
  }

  async request(): Promise<Received> {
    await vi.waitFor(() => expect(requests).not.toHaveLength(0), 20_000);
    return requests[0] as Received;
  }
}

const number = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const settings = (id: number, value: number) =>
  http2Frame(FRAME.SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, id]), number(value)]));
const headers = (stream: number, flags = END_HEADERS, fields: Record<string, string> = FIELDS) =>
  http2Frame(FRAME.HEADERS, flags, stream, headerBlock(fields));
const data = (stream: number, length: number, flags = 0) =>
  http2Frame(FRAME.DATA, flags, stream, Buffer.alloc(length));
const length = (frames: Frame[]) => frames.reduce((sum, { payload }) => sum + payload.length, 0);
const poll = <T>(read: () => T) => expect.poll(read, { timeout: 20_000 });

describe('a response', () => {
  it('leaves in one write: head, message and trailers', async () => {
    const client = new RawClient(PREFACE, headers(1, END_HEADERS | END_STREAM));
    const { stream } = await client.request();
    await poll(() => client.of(FRAME.SETTINGS).length).toBe(2);
    const write = vi.spyOn(connections[0]?.socket as net.Socket, 'write');
    stream.respond(HEAD);
    stream.write(Buffer.from('answer'));
    stream.end(TRAILERS);
    await poll(() => client.of(FRAME.HEADERS).length).toBe(2);
    expect(write).toHaveBeenCalledTimes(1);
    expect(client.frames.slice(-3).map(({ type }) => type)).toEqual([
      FRAME.HEADERS,
      FRAME.DATA,
      FRAME.HEADERS,
    ]);
    expect(client.frames.at(-1)?.flags).toBe(END_HEADERS | END_STREAM);
  });

  it('waits for the window of its stream and for that of the connection', async () => {
    const client = new RawClient(PREFACE, settings(4, 10), headers(1), headers(3));
    await poll(() => requests.length).toBe(2);
    for (const { stream } of requests) {
      stream.respond(HEAD);
      stream.write(Buffer.alloc(50_000, stream.id));
      stream.end(TRAILERS);
    }
    await poll(() => length(client.of(FRAME.DATA))).toBe(20);
    expect(requests[0]?.stream.unsentBytes).toBe(49_990);
    // 65,535 bytes on both streams is what a connection allows at first.
    client.send(settings(4, 100_000));
    await poll(() => length(client.of(FRAME.DATA))).toBe(65_535);
    expect(client.of(FRAME.HEADERS, 3)).toHaveLength(1);
    client.send(http2Frame(FRAME.WINDOW_UPDATE, 0, 0, number(100_000)));
    await poll(() => client.of(FRAME.HEADERS).length).toBe(4);
    for (const id of [1, 3]) {
      const body = Buffer.concat(client.of(FRAME.DATA, id).map(({ payload }) => payload));
      expect(body.equals(Buffer.alloc(50_000, id))).toBe(true);
    }
  });

  it('says when the client has taken all of it', async () => {
    const client = new RawClient(PREFACE, settings(4, 10), headers(1));
    const { stream } = await client.request();
    const drained = vi.fn();
    stream.respond(HEAD);
    stream.write(Buffer.alloc(30));
    stream.whenDrained(drained);
    await poll(() => length(client.of(FRAME.DATA))).toBe(10);
    expect(drained).not.toHaveBeenCalled();
    client.send(http2Frame(FRAME.WINDOW_UPDATE, 0, 1, number(20)));
    await poll(() => drained.mock.calls.length).toBe(1);
  });

  it('of any size reaches node:http2, beside others', async () => {
    const client = http2.connect(`http://127.0.0.1:${port}`);
    lifetime.defer('client', () => client.destroy());
    const sizes = [0, 1, 16_384, 16_385, 3_000_000, 5_000_000];
    const received = sizes.map(async (size) => {
      const stream = client.request({ ':method': 'POST', ':path': `/${size}` });
      stream.end(Buffer.alloc(size, 7));
      const pieces: Buffer[] = [];
      let status: unknown;
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('trailers', (trailers) => {
        status = trailers['grpc-status'];
      });
      await once(stream, 'close');
      return { body: Buffer.concat(pieces), status };
    });
    await poll(() => requests.filter(({ hasEnded }) => hasEnded).length).toBe(sizes.length);
    for (const { stream, body } of requests) {
      stream.respond(HEAD);
      stream.write(Buffer.concat(body));
      stream.end(TRAILERS);
    }
    const answers = await Promise.all(received);
    expect(answers.map(({ body }) => body.length)).toEqual(sizes);
    expect(answers.every(({ body, status }) => status === '0' && body.every((byte) => byte === 7))).toBe(
      true,
    );
    expect(requests.every(({ hasClosed }) => hasClosed)).toBe(true);
  });
});

describe('a request', () => {
  it('arrives with its fields, joined where they repeat', async () => {
    const block = Buffer.concat([headerBlock(FIELDS), headerBlock({ a: '1' }), headerBlock({ a: '2' })]);
    const client = new RawClient(
      PREFACE,
      http2Frame(FRAME.HEADERS, 0, 1, block.subarray(0, 9)),
      http2Frame(FRAME.CONTINUATION, END_HEADERS, 1, block.subarray(9)),
    );
    expect({ ...(await client.request()).fields }).toEqual({ ...FIELDS, a: '1, 2' });
  });

  it('arrives byte by byte, padding and unknown frames left out', async () => {
    const padded = http2Frame(FRAME.DATA, END_STREAM | 8, 1, Buffer.from([3, 1, 2, 0, 0, 0]));
    const unknown = http2Frame(0x33, 0, 1, Buffer.alloc(5));
    const client = new RawClient();
    client.socket.setNoDelay(true);
    for (const byte of Buffer.concat([PREFACE, headers(1), data(1, 2), unknown, padded]))
      client.socket.write(Buffer.of(byte));
    const request = await client.request();
    await poll(() => request.hasEnded).toBe(true);
    expect(Buffer.concat(request.body)).toEqual(Buffer.from([0, 0, 1, 2]));
  });

  it('opens its window again as it is read, and not while it is paused', async () => {
    const client = new RawClient(PREFACE, headers(1));
    const request = await client.request();
    request.stream.pause();
    for (let sent = 0; sent < WINDOW; sent += 10_000) client.send(data(1, 10_000));
    await poll(() => request.length).toBe(WINDOW);
    await poll(() => client.of(FRAME.WINDOW_UPDATE, 0).length).toBe(3);
    expect(client.of(FRAME.WINDOW_UPDATE, 1)).toHaveLength(0);
    request.stream.resume();
    await poll(() => client.of(FRAME.WINDOW_UPDATE, 1)[0]?.payload.readUInt32BE()).toBe(WINDOW);
  });

  it('is reset where it sends more than its window', async () => {
    const client = new RawClient(PREFACE, headers(1));
    const request = await client.request();
    request.stream.pause();
    for (let sent = 0; sent <= WINDOW; sent += 10_000) client.send(data(1, 10_000));
    await poll(() => client.of(FRAME.RST_STREAM, 1)[0]?.payload.readUInt32BE()).toBe(
      ErrorCode.FLOW_CONTROL_ERROR,
    );
    expect(request.hasClosed).toBe(true);
  });

  it('ends with the client that resets it or leaves', async () => {
    const client = new RawClient(PREFACE, headers(1), headers(3));
    await poll(() => requests.length).toBe(2);
    client.send(http2Frame(FRAME.RST_STREAM, 0, 1, number(8)));
    await poll(() => requests[0]?.hasClosed).toBe(true);
    expect(requests[1]?.hasClosed).toBe(false);
    client.socket.destroy();
    await poll(() => requests[1]?.hasClosed && connections[0]?.hasClosed).toBe(true);
  });

  it.each([
    ['a name in upper case', { ...FIELDS, 'X-Own': '1' }],
    ['a line break in a value', { ...FIELDS, a: 'b\nc' }],
    ['a field of HTTP/1.1', { ...FIELDS, connection: 'close' }],
    ['no path', { ':method': 'POST', ':scheme': 'http' }],
    ['an unknown pseudo field', { ':method': 'POST', ':own': '1', ':scheme': 'http', ':path': '/' }],
    ['a pseudo field behind others', { ':method': 'POST', a: 'b', ':scheme': 'http', ':path': '/' }],
    ['too many bytes', { ...FIELDS, a: 'x'.repeat(9_000), b: 'y'.repeat(7_000) }, 5],
  ])('is reset for %s', async (_what, fields, times = 1) => {
    const blocks = Array.from({ length: times }, (_none, index) =>
      headerBlock(index === 0 ? fields : { [`c${index}`]: 'z'.repeat(15_000) }),
    );
    const frames = blocks.map((block, index) =>
      http2Frame(
        index === 0 ? FRAME.HEADERS : FRAME.CONTINUATION,
        index === times - 1 ? END_HEADERS : 0,
        1,
        block,
      ),
    );
    const client = new RawClient(PREFACE, ...frames);
    // The connection goes on where the block itself was not too large.
    await poll(() => client.of(FRAME.RST_STREAM).length + client.of(FRAME.GOAWAY).length).toBe(1);
    expect(requests).toHaveLength(0);
  });
});

describe('a connection', () => {
  const go = FRAME.GOAWAY;
  it.each([
    ['another protocol', [Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')], ErrorCode.PROTOCOL_ERROR],
    ['no settings', [PREFACE.subarray(0, 24), headers(1)], ErrorCode.PROTOCOL_ERROR],
    ['a frame that is too large', [PREFACE, data(1, 20_000)], ErrorCode.FRAME_SIZE_ERROR],
    ['padding beyond the frame', [PREFACE, headers(1), http2Frame(0, 8, 1, Buffer.from([9]))], 1],
    ['no HPACK', [PREFACE, http2Frame(1, END_HEADERS, 1, Buffer.from([0xff]))], ErrorCode.COMPRESSION_ERROR],
    ['DATA of no stream', [PREFACE, data(1, 1)], ErrorCode.PROTOCOL_ERROR],
    ['an even stream', [PREFACE, headers(2)], ErrorCode.PROTOCOL_ERROR],
    ['a header block that is interrupted', [PREFACE, headers(1, 0), data(1, 1)], ErrorCode.PROTOCOL_ERROR],
    ['CONTINUATION of nothing', [PREFACE, http2Frame(9, END_HEADERS, 1)], ErrorCode.PROTOCOL_ERROR],
    ['a push', [PREFACE, http2Frame(FRAME.PUSH_PROMISE, 0, 1, number(2))], ErrorCode.PROTOCOL_ERROR],
    ['a PING of seven bytes', [PREFACE, http2Frame(FRAME.PING, 0, 0, Buffer.alloc(7))], 6],
    ['a wrong setting', [PREFACE, settings(5, 100)], ErrorCode.PROTOCOL_ERROR],
    ['a window of 2^31', [PREFACE, settings(4, 2 ** 31)], ErrorCode.FLOW_CONTROL_ERROR],
    [
      'windows that add up to more',
      [PREFACE, http2Frame(FRAME.WINDOW_UPDATE, 0, 0, number(2 ** 31 - 1))],
      ErrorCode.FLOW_CONTROL_ERROR,
    ],
    [
      'header fields without an end',
      [PREFACE, headers(1, 0), ...Array.from({ length: 5 }, () => http2Frame(9, 0, 1, Buffer.alloc(16_000)))],
      ErrorCode.ENHANCE_YOUR_CALM,
    ],
  ])('ends with %s', async (_what, bytes, code) => {
    const client = new RawClient(...bytes);
    await poll(() => client.of(go)[0]?.payload.readUInt32BE(4)).toBe(code);
    await poll(() => client.hasClosed && connections[0]?.hasClosed).toBe(true);
  });

  const flood = (count: number, make: (index: number) => Buffer) =>
    Buffer.concat([PREFACE, headers(1), ...Array.from({ length: count }, (_none, index) => make(index))]);
  const resets = (count: number) =>
    flood(count, (index) =>
      Buffer.concat([headers(2 * index + 3), http2Frame(FRAME.RST_STREAM, 0, 2 * index + 3, number(8))]),
    );

  it.each([
    ['streams that are reset', resets(1_200)],
    ['empty DATA', flood(12_000, () => data(1, 0))],
    ['SETTINGS', flood(1_200, (index) => settings(4, index))],
    ['PING', flood(12_000, () => http2Frame(FRAME.PING, 0, 0, Buffer.alloc(8)))],
    ['PRIORITY', flood(12_000, () => http2Frame(FRAME.PRIORITY, 0, 1, Buffer.alloc(5)))],
    ['empty CONTINUATION', flood(200, (index) => (index === 0 ? headers(3, 0) : http2Frame(9, 0, 3)))],
  ])('ends with a flood of %s', async (_what, bytes) => {
    const client = new RawClient(bytes);
    await poll(() => client.of(go)[0]?.payload.readUInt32BE(4)).toBe(ErrorCode.ENHANCE_YOUR_CALM);
    await poll(() => connections[0]?.hasClosed).toBe(true);
    expect(requests.every(({ hasClosed }) => hasClosed)).toBe(true);
  });

  it('bears a client that cancels hundreds of calls', async () => {
    const client = new RawClient(resets(900), http2Frame(FRAME.PING, 0, 0, Buffer.alloc(8)));
    await poll(() => client.of(FRAME.PING).length).toBe(1);
    expect(client.of(go)).toHaveLength(0);
  });

  it('answers PING and SETTINGS', async () => {
    const client = new RawClient(PREFACE, http2Frame(FRAME.PING, 0, 0, Buffer.from('12345678')));
    await poll(() => String(client.of(FRAME.PING)[0]?.payload)).toBe('12345678');
    expect(client.of(FRAME.PING)[0]?.flags).toBe(1);
    expect(client.of(FRAME.SETTINGS).map(({ flags }) => flags)).toEqual([0, 1]);
  });

  it('does not read from a client that does not read', { timeout: 60_000 }, async () => {
    answer = encodeHeaders([{ name: 'x', value: 'y'.repeat(1_000) }]);
    const client = new RawClient(PREFACE);
    client.socket.pause();
    await poll(() => connections.length).toBe(1);
    const { socket } = connections[0] as { socket: net.Socket };
    for (let index = 0; index < 30_000; index += 1)
      client.socket.write(headers(2 * index + 1, END_HEADERS | END_STREAM));
    await poll(() => socket.isPaused()).toBe(true);
    expect(socket.writableLength).toBeLessThan(4 * 1024 * 1024);
    client.socket.removeAllListeners('data');
    client.socket.resume();
    await poll(() => client.socket.writableLength).toBe(0);
  });

  it('gives up a client that does not send its settings', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const client = new RawClient(PREFACE.subarray(0, 10));
      // Not `once` of node:events, which rejects if the socket is reset.
      const closed = new Promise((resolve) => client.socket.once('close', resolve));
      while (connections.length === 0) await new Promise(setImmediate);
      vi.advanceTimersByTime(119_000);
      expect(connections[0]?.hasClosed).toBe(false);
      vi.advanceTimersByTime(1_000);
      await closed;
      expect(connections[0]?.hasClosed).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  it('lets open streams end when it closes, and takes no others', async () => {
    const client = new RawClient(PREFACE, headers(1, END_HEADERS | END_STREAM));
    const { stream } = await client.request();
    connections[0]?.connection.close();
    client.send(headers(3));
    await poll(() => client.of(FRAME.RST_STREAM, 3)[0]?.payload.readUInt32BE()).toBe(
      ErrorCode.REFUSED_STREAM,
    );
    expect(client.of(FRAME.GOAWAY)[0]?.payload).toEqual(Buffer.concat([number(1), number(0)]));
    expect(connections[0]?.hasClosed).toBe(false);
    stream.respond(HEAD);
    stream.write(Buffer.alloc(40_000));
    stream.end(TRAILERS);
    await poll(() => client.hasClosed).toBe(true);
    expect(client.frames.at(-1)).toMatchObject({ type: FRAME.HEADERS, stream: 1 });
    expect(connections[0]?.hasClosed).toBe(true);
  });
});
