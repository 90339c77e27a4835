import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinBytesTensor, writeDouble, writeTensorData } from '../../../src/kserve/index.ts';

describe('writeDouble', () => {
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [3, '3.0'],
    [Math.fround(0.1), '0.10000000149011612'],
    [1e20, '100000000000000000000.0'],
    [1e21, '1e21'],
    [1.5e300, '1.5e300'],
    [1e-7, '1e-7'],
    [0.000001, '0.000001'],
    [2 ** 60, '1152921504606847000.0'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ])('prints %d as %s', (value, text) => {
    expect(writeDouble(value)).toBe(text);
  });

  it('prints every finite double so that it reads back the same', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(writeDouble(value))).toBe(value);
      }),
    );
  });
});

describe('writeTensorData', () => {
  it('prints 64-bit integers exactly', () => {
    const data = new Uint8Array(new BigInt64Array([-9223372036854775808n, 9007199254740993n]).buffer);
    expect(writeTensorData('INT64', data, 2)).toBe('[-9223372036854775808,9007199254740993]');
  });

  it('passes bytes of strings through and escapes what JSON needs', () => {
    const text = writeTensorData('BYTES', joinBytesTensor([Buffer.from([0xff, 0x22, 0x5c, 0x0a, 0x01])]), 1);
    expect(text).toBe('["\xff\\"\\\\\\n\\u0001"]');
  });

  it('refuses half floats', () => {
    expect(() => writeTensorData('FP16', new Uint8Array(2), 1)).toThrow(
      'sending FP16 data via JSON is not supported. Please use the binary data format for output',
    );
  });
});
