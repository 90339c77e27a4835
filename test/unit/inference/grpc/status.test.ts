import { describe, expect, it } from 'vitest';
import { readTimeout } from '../../../../src/inference/grpc/deadline.ts';
import { readModelVersion } from '../../../../src/inference/grpc/model-version.ts';
import { encodeStatusMessage, GrpcError, toGrpcError } from '../../../../src/inference/grpc/status.ts';
import { LoadError } from '../../../../src/inference/load-error.ts';
import { KServeError } from '../../../../src/kserve/index.ts';

describe('the status of a call', () => {
  it.each([
    ['Unknown', 2],
    ['Internal', 13],
    ['Not found', 5],
    ['Invalid argument', 3],
    ['Unavailable', 14],
    ['Unsupported', 12],
    ['Already exists', 6],
    ['Cancelled', 1],
  ] as const)('for %s is %d', (code, status) => {
    expect(toGrpcError(new KServeError(code, 'why'))).toMatchObject({ status, message: 'why' });
  });

  it('for a failed load is that of its reason', () => {
    expect(toGrpcError(new LoadError('why', 400, undefined)).status).toBe(3);
    expect(toGrpcError(new LoadError('why', 500, undefined)).status).toBe(13);
  });

  it('for what nobody foresaw is INTERNAL', () => {
    expect(toGrpcError(new TypeError('why'))).toMatchObject({ status: 13, message: 'why' });
    expect(toGrpcError(new GrpcError(4, 'late')).status).toBe(4);
  });

  it('has a message of printable ASCII', () => {
    expect(encodeStatusMessage("'x' is [1,2].")).toBe("'x' is [1,2].");
    // Some clients drop fields that begin or end with a space.
    expect(encodeStatusMessage(' got [1]. ')).toBe('%20got [1].%20');
    expect(encodeStatusMessage('100 % ä\n')).toBe('100 %25 %C3%A4%0A');
  });
});

describe('a grpc-timeout', () => {
  it.each([
    ['2H', 7_200_000],
    ['1M', 60_000],
    ['3S', 3_000],
    ['150m', 150],
    ['1u', 1],
    ['99999999H', 2 ** 31 - 1],
    ['0m', 0],
    ['abc', undefined],
    ['5', undefined],
    ['123456789m', 123_456_789],
    ['10 S', 10_000],
    [undefined, undefined],
  ])('%s is %s ms', (field, milliseconds) => {
    expect(readTimeout(field)).toBe(milliseconds);
  });
});

describe('a version', () => {
  it.each([
    ['', undefined],
    ['3', '3'],
    [' 01x', '1'],
    ['+2', '2'],
  ])('%j is read as %j', (text, version) => {
    expect(readModelVersion(text)).toBe(version);
  });

  it.each(['abc', '-1', '9223372036854775808'])('%s is refused', (text) => {
    expect(() => readModelVersion(text)).toThrow(/version should be an integral value > 0/);
  });
});
