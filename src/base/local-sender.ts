import { isIPv4 } from 'node:net';

/** What a request says about its sender. */
export interface Sender {
  /** Address of the other end of the connection. */
  readonly address: string | undefined;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Of the listener that the request arrived at. */
  readonly scheme: 'http' | 'https';
}

/**
 * Whether a request comes from this machine and is meant for it: a loopback address, a loopback `Host` (a web page
 * could reach us by a name that resolves to loopback), and no `Origin` but our own.
 */
export function isLocalSender({ address, host, origin, scheme }: Sender): boolean {
  if (!isLoopbackAddress(address) || host === undefined || !isLoopbackHost(host)) return false;
  return origin === undefined || origin === `${scheme}://${host}`;
}

function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.toLowerCase().startsWith('::ffff:') ? address.slice(7) : address;
  return plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'));
}

/** Whether a `Host` field, with or without a port, can only mean this machine. */
function isLoopbackHost(host: string): boolean {
  const name = /^(\[[0-9a-f:]+\]|[^:[\]]+)(:\d{1,5})?$/i.exec(host.trim())?.[1]?.toLowerCase();
  if (name === undefined) return false;
  return name === 'localhost' || name === '[::1]' || (isIPv4(name) && name.startsWith('127.'));
}
