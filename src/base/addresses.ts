import { isIP } from 'node:net';

/** Addresses that mean every interface. */
const WILDCARDS = new Set(['0.0.0.0', '::', '0:0:0:0:0:0:0:0', '::0']);

/** `HOST:PORT`, with an IPv6 address in brackets, as in URLs. */
export function formatAddress(host: string, port: number): string {
  return `${formatHost(host)}:${port}`;
}

/** A host as URLs write it: an IPv6 address in brackets, without its zone. */
export function formatHost(host: string): string {
  return host.includes(':') ? `[${host.replace(/%.*$/, '')}]` : host;
}

/** Whether a listener on this host accepts connections on every interface. */
export function isWildcard(host: string): boolean {
  return WILDCARDS.has(host);
}

/** Whether the host is reachable only from this machine. Names other than `localhost` are not looked up. */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.');
  return host.toLowerCase() === 'localhost' || host === '::1' || /^::ffff:127\./i.test(host);
}

/**
 * The host by which this machine reaches a listener: the listener's own, or loopback for a wildcard (`::` accepts IPv4
 * too).
 */
export function reachableHost(host: string): string {
  return isWildcard(host) ? '127.0.0.1' : host;
}
