import { once } from 'node:events';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Lifetime } from '../../../../src/base/index.ts';
import { ErrorCode, ServerConnection } from '../../../../src/http2/index.ts';
import { type CallHandler, GrpcCall } from '../../../../src/inference/grpc/call.ts';
import { HeldBytes } from '../../../../src/inference/held-bytes.ts';
import { FRAME, grpcCallBytes, http2Frame, PREFACE } from '../../../helpers/http2-bytes.ts';

const MEGABYTE = 1024 * 1024;
const LIMIT = 20 * MEGABYTE;

let lifetime: Lifetime;
let held: HeldBytes;
let calls: { call: GrpcCall; handler: CallHandler }[];
let client: net.Socket;
let received: Buffer[];

beforeEach(async () => {
  lifetime = new Lifetime();
  held = new HeldBytes(LIMIT);
  calls = [];
  received = [];
  const server = net.createServer((socket) => {
    const connection = new ServerConnection(socket, {
      windowBytes: MEGABYTE,
      onStream: (stream, fields) => {
        const call = new GrpcCall(stream, fields, { held });
        const handler = { onMessage: vi.fn(), onEnd: vi.fn(), onClose: vi.fn() };
        call.begin(handler);
        calls.push({ call, handler });
        return call;
      },
      onClose: () => undefined,
    });
    lifetime.defer('connection', () => connection.destroy());
  });
  lifetime.defer('server', () => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  client.on('data', (chunk: Buffer) => received.push(chunk));
  lifetime.defer('client', () => void client.destroy());
});
afterEach(() => lifetime[Symbol.asyncDispose]());

async function begin() {
  client.write(Buffer.concat([PREFACE, grpcCallBytes('/a', Buffer.alloc(0))]));
  await vi.waitFor(() => expect(calls).toHaveLength(1), 20_000);
  return calls[0] as (typeof calls)[number];
}

describe('responses that a client does not read', () => {
  it('count as memory of requests, until the client has taken them', async () => {
    const { call } = await begin();
    for (let sent = 0; sent < 10; sent += 1) call.send([Buffer.alloc(MEGABYTE)]);
    expect(held.held).toBeGreaterThan(8 * MEGABYTE);
    const more = Buffer.alloc(4);
    more.writeUInt32BE(100 * MEGABYTE);
    for (const stream of [0, 1]) client.write(http2Frame(FRAME.WINDOW_UPDATE, 0, stream, more));
    await vi.waitFor(() => expect(call.unsentBytes).toBe(0), 20_000);
    call.send([Buffer.alloc(1)]);
    expect(held.held).toBe(0);
  });

  it('reset the call when that memory is used up', async () => {
    const { call, handler } = await begin();
    for (let sent = 0; sent < 40; sent += 1) {
      call.send([Buffer.alloc(MEGABYTE)]);
      expect(held.held).toBeLessThanOrEqual(LIMIT);
    }
    expect(call.isOver).toBe(true);
    expect(call.unsentBytes).toBe(0);
    expect(handler.onClose).toHaveBeenCalledOnce();
    expect(held.held).toBe(0);
    const reset = http2Frame(FRAME.RST_STREAM, 0, 1, Buffer.from([0, 0, 0, ErrorCode.ENHANCE_YOUR_CALM]));
    await vi.waitFor(() => expect(Buffer.concat(received).includes(reset)).toBe(true), 20_000);
  });

  it('leave room for one response of any size', async () => {
    const { call } = await begin();
    call.succeed([Buffer.alloc(2 * LIMIT)]);
    expect(call.status).toBe(0);
    expect(call.unsentBytes).toBeGreaterThan(LIMIT);
    client.write(grpcCallBytes('/a', Buffer.alloc(0), 3));
    await vi.waitFor(() => expect(calls).toHaveLength(2), 20_000);
    const [, other] = calls;
    other?.call.succeed([Buffer.alloc(MEGABYTE)]);
    expect(other?.handler.onClose).toHaveBeenCalledOnce();
  });
});
