import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compressMessage, responseEncoding } from '../../../../src/inference/grpc/response-compression.ts';

// Of a real Triton 2.51.
describe('the encoding of responses', () => {
  it.each([
    ['none', 'identity, deflate, gzip', undefined],
    ['low', 'identity, deflate, gzip', 'gzip'],
    ['medium', 'identity, deflate, gzip', 'deflate'],
    ['high', 'gzip,deflate', 'deflate'],
    ['low', 'deflate', 'deflate'],
    ['high', 'gzip', 'gzip'],
    ['high', 'identity', undefined],
    ['high', 'br', undefined],
    ['high', 'GZIP', undefined],
    ['high', 'identity,gzip;q=1', undefined],
    ['high', '', undefined],
    ['high', undefined, undefined],
  ] as const)('at level %s for a client that accepts %s is %s', (level, accepted, expected) => {
    expect(responseEncoding(level, accepted)).toBe(expected);
  });

  const framed = (bytes: Buffer) => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(bytes.length, 1);
    return Buffer.concat([head, bytes]);
  };

  it('is used for a message that becomes smaller', async () => {
    const body = Buffer.alloc(1_000, 7);
    const [head, packed] = await compressMessage([framed(body).subarray(0, 100), body.subarray(95)], 'gzip');
    expect([head?.[0], Buffer.from(head ?? []).readUInt32BE(1)]).toEqual([1, packed?.length]);
    expect(gunzipSync(packed ?? '').equals(body)).toBe(true);
  });

  it('leaves a message that would not', async () => {
    const message = [framed(Buffer.from('abc'))];
    expect(await compressMessage(message, 'deflate')).toBe(message);
  });
});
