import { describe, expect, it } from 'vitest';
import { addressesOf } from '../../../src/engines/index.ts';

describe('the addresses of an engine', () => {
  it('are those of its open ports', () => {
    expect(addressesOf({ http: 'http://h:1' })).toEqual({ httpUrl: 'http://h:1' });
    expect(addressesOf({ http: 'http://h:1', grpc: 'h:2', metrics: 'h:3' })).toEqual({
      httpUrl: 'http://h:1',
      grpcAddress: 'h:2',
      metricsUrl: 'http://h:3/metrics',
    });
  });
});
