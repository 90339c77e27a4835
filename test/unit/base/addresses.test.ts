import { describe, expect, it } from 'vitest';
import { formatAddress, isLoopback, isWildcard, reachableHost } from '../../../src/base/index.ts';

describe('addresses', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1:80'],
    ['gpu-box', 'gpu-box:80'],
    ['::1', '[::1]:80'],
    ['fe80::1%eth0', '[fe80::1]:80'],
  ])('%s is written as %s, which is a URL', (host, expected) => {
    expect(formatAddress(host, 80)).toBe(expected);
    expect(URL.canParse(`http://${expected}`)).toBe(true);
  });

  it('know which hosts only this machine reaches', () => {
    for (const host of ['localhost', '127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])
      expect(isLoopback(host), host).toBe(true);
    for (const host of ['0.0.0.0', '::', '192.168.1.5', '127.evil.example', 'gpu-box'])
      expect(isLoopback(host), host).toBe(false);
  });

  it('lead to a listener on every interface by loopback', () => {
    expect(['0.0.0.0', '::', '::1', 'gpu-box'].map(reachableHost)).toEqual([
      '127.0.0.1',
      '127.0.0.1',
      '::1',
      'gpu-box',
    ]);
    expect(isWildcard('127.0.0.1')).toBe(false);
  });
});
