import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { MessageReader } from '../../../../src/inference/grpc/message-reader.ts';
import { GrpcError } from '../../../../src/inference/grpc/status.ts';
import type { MessageEncoding } from '../../../../src/inference/grpc/unpack.ts';
import { HeldBytes } from '../../../../src/inference/held-bytes.ts';

function frame(message: Uint8Array, flag = 0): Buffer {
  const header = Buffer.alloc(5);
  header[0] = flag;
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

function startReader(encoding?: MessageEncoding, held = new HeldBytes()) {
  const messages: Buffer[] = [];
  const releases: (() => void)[] = [];
  const errors: unknown[] = [];
  const reader = new MessageReader({
    encoding,
    held,
    onMessage: ({ bytes, release }) => {
      messages.push(bytes);
      releases.push(release);
    },
    onError: (error) => errors.push(error),
  });
  return { reader, messages, releases, errors, held };
}

describe('the messages of a call', () => {
  it('are the same however the bytes arrive', () => {
    const given = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 5 });
    fc.assert(
      fc.property(given, fc.integer({ min: 1, max: 12 }), (contents, step) => {
        const { reader, messages } = startReader();
        const all = Buffer.concat(contents.map((it) => frame(it)));
        for (let at = 0; at < all.length; at += step) reader.push(all.subarray(at, at + step));
        expect(messages.map((it) => [...it])).toEqual(contents.map((it) => [...it]));
      }),
    );
  });

  it('keep their order where some are compressed', async () => {
    const { reader, messages } = startReader('gzip');
    const parts = [frame(gzipSync('first'), 1), frame(Buffer.from('second')), frame(gzipSync('third'), 1)];
    reader.push(Buffer.concat(parts));
    await vi.waitFor(() => expect(messages.map(String)).toEqual(['first', 'second', 'third']));
  });

  it('are unpacked by the encoding of the call', async () => {
    const { reader, messages } = startReader('deflate');
    reader.push(frame(deflateSync('text'), 1));
    await vi.waitFor(() => expect(messages.map(String)).toEqual(['text']));
  });

  it('are taken as they are where a flag has no encoding', () => {
    const { reader, messages } = startReader();
    reader.push(frame(Buffer.from('text'), 1));
    expect(messages.map(String)).toEqual(['text']);
  });

  it('end with an empty one behind an unknown flag', () => {
    const { reader, messages } = startReader();
    reader.push(Buffer.concat([frame(Buffer.from('text'), 2), frame(Buffer.from('text'))]));
    expect(messages.map(String)).toEqual(['']);
  });

  it('are empty where a compressed one has no bytes', () => {
    const { reader, messages } = startReader('gzip');
    reader.push(frame(Buffer.alloc(0), 1));
    expect(messages.map(String)).toEqual(['']);
  });

  it.each([
    ['are no gzip', Buffer.from('no gzip')],
    ['are cut short', gzipSync('text').subarray(0, -3)],
    ['have bytes behind them', Buffer.concat([gzipSync('text'), Buffer.from([1])])],
    ['have a second member', Buffer.concat([gzipSync('text'), gzipSync('text')])],
  ])('fail the call where they %s', async (_what, bytes) => {
    const { reader, errors } = startReader('gzip');
    reader.push(frame(bytes, 1));
    await vi.waitFor(() => expect(errors).toHaveLength(1));
    expect(errors[0]).toBeInstanceOf(GrpcError);
    expect(String(errors[0])).toContain('Unexpected error decompressing data for algorithm gzip');
  });
});

describe('the memory of messages', () => {
  it('is counted while large ones come in, and let go of once they are answered', () => {
    const { reader, messages, releases, held } = startReader();
    const all = frame(Buffer.alloc(300_000, 1));
    reader.push(all.subarray(0, 100_000));
    expect(held.held).toBe(99_995);
    reader.push(all.subarray(100_000));
    expect(messages[0]?.equals(Buffer.alloc(300_000, 1))).toBe(true);
    expect(held.held).toBe(300_000);
    releases[0]?.();
    releases[0]?.();
    expect(held.held).toBe(0);
  });

  it('is let go of where a call ends within a message', () => {
    const { reader, held } = startReader();
    reader.push(frame(Buffer.alloc(300_000)).subarray(0, 200_000));
    reader.close();
    expect(held.held).toBe(0);
  });

  it('is not taken for an announced length', () => {
    const { reader, held } = startReader();
    reader.push(Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3]));
    expect(held.held).toBe(0);
  });

  it('bounds what a compressed message becomes', async () => {
    const held = new HeldBytes(1_000_000);
    held.add(10);
    const { reader, errors, messages } = startReader('gzip', held);
    reader.push(frame(gzipSync(Buffer.alloc(20_000_000)), 1));
    await vi.waitFor(() => expect(errors).toHaveLength(1));
    expect(String(errors[0])).toContain('no more than 1000000 are taken at once');
    expect(messages).toEqual([]);
    await vi.waitFor(() => expect(held.held).toBe(10));
  });
});
