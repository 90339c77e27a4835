import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { contentOf, HEAD_BYTES, PREFACE, readHead } from '../../../src/http2/frame.ts';
import { encodeHeaders, HeaderDecoder } from '../../../src/http2/header-block.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const field = (name: string, value: string) => ({ name, value });

/** RFC 7541, C.3 and C.4: the same three requests on one connection, without and with the Huffman code. */
const REQUESTS = {
  plain: [
    '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
    '8286 84be 5808 6e6f 2d63 6163 6865',
    '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
  ],
  huffman: [
    '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
    '8286 84be 5886 a8eb 1064 9cbf',
    '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
  ],
};

describe('header blocks', () => {
  test.each(Object.entries(REQUESTS))('are decoded as in the examples of RFC 7541 (%s)', (_name, blocks) => {
    const decoder = new HeaderDecoder();
    const common = [field(':method', 'GET'), field(':scheme', 'http'), field(':path', '/')];
    const authority = field(':authority', 'www.example.com');
    const decoded = blocks.map((block) => decoder.decode(hex(block)));
    expect(decoded).toEqual([
      [...common, authority],
      [...common, authority, field('cache-control', 'no-cache')],
      [
        field(':method', 'GET'),
        field(':scheme', 'https'),
        field(':path', '/index.html'),
        authority,
        field('custom-key', 'custom-value'),
      ],
    ]);
  });

  test.each([
    ['after a field', '8220'],
    ['three times', '202020'],
    ['beyond what the other side allows', '3fe21f'],
  ])('may not resize the table %s', (_what, block) => {
    expect(() => new HeaderDecoder().decode(hex(block))).toThrow();
  });

  test('evict what a smaller table has no room for', () => {
    const decoder = new HeaderDecoder();
    // RFC 7541, C.5, with the 256 bytes of the example set by the first block.
    decoder.decode(
      hex(
        '3fe101 4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      ),
    );
    expect(decoder.decode(hex('4803 3330 37c1 c0bf'))).toEqual([
      field(':status', '307'),
      field('cache-control', 'private'),
      field('date', 'Mon, 21 Oct 2013 20:13:21 GMT'),
      field('location', 'https://www.example.com'),
    ]);
    expect(() => decoder.decode(hex('c2'))).toThrow();
  });

  test('of node:http2 are decoded as node:http2 decodes them', async () => {
    const seen: unknown[] = [];
    const server = http2.createServer();
    server.on('stream', (stream, headers) => {
      seen.push(Object.fromEntries(Object.entries(headers)));
      stream.respond({ ':status': 200 }, { endStream: true });
    });
    const bytes: Buffer[] = [];
    const front = net.createServer((socket) => {
      const back = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
      socket.on('data', (chunk) => {
        bytes.push(chunk);
        back.write(chunk);
      });
      back.pipe(socket);
      for (const side of [socket, back]) side.on('error', () => undefined);
      socket.on('close', () => back.destroy());
    });
    for (const one of [server, front]) {
      one.listen(0, '127.0.0.1');
      await once(one, 'listening');
      cleanups.push(() => one.close());
    }
    const client = http2.connect(`http://127.0.0.1:${(front.address() as net.AddressInfo).port}`);
    cleanups.push(() => client.destroy());
    const letters = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');
    for (let round = 0; round < 200; round += 1) {
      const value = letters.slice(round % 90).trim() + 'é'.repeat(round % 3);
      const stream = client.request({
        ':method': 'POST',
        ':path': `/inference.GRPCInferenceService/ModelInfer${round % 7}`,
        te: 'trailers',
        [`x-${round % 40}`]: Buffer.from(value).toString('latin1'),
        'x-long': 'v'.repeat((round * 37) % 700),
      });
      stream.resume();
      stream.end();
      await once(stream, 'close');
    }
    const decoder = new HeaderDecoder();
    const all = Buffer.concat(bytes);
    const decoded: unknown[] = [];
    for (let at = PREFACE.length; at < all.length; ) {
      const head = readHead(all, at);
      const frame = all.subarray(at, at + HEAD_BYTES + head.length);
      if (head.type === 1)
        decoded.push(
          Object.fromEntries(
            decoder.decode(contentOf(head, frame)).map(({ name, value }) => [name, value] as const),
          ),
        );
      at += frame.length;
    }
    expect(decoded).toEqual(seen);
  });

  test('that we encode need no table', () => {
    const fields = [
      field(':method', 'POST'),
      field(':path', '/'.repeat(300)),
      field('te', 'trailers'),
      field('x-key', ''),
    ];
    expect(new HeaderDecoder().decode(encodeHeaders(fields))).toEqual(fields);
  });

  test.each([
    ['a field that does not exist', 'be'],
    ['number 0', '80'],
    ['a string that is cut off', '4005 6162'],
    ['a number that is cut off', 'ff'],
    ['a number without end', 'ffff ffff ffff ff'],
    ['the end of string as a symbol', '4084 ffff ffff 00'],
    ['a padding of zeros', '4081 1800'],
    ['a padding of a whole byte', '4082 1fff 00'],
    ['a table of a gigabyte', '3fff ffff ff03'],
  ])('with %s are refused', (_what, block) => {
    expect(() => new HeaderDecoder().decode(hex(block))).toThrow();
  });
});
