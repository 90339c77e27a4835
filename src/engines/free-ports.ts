import net from 'node:net';
import { listen } from '../base/index.ts';

const LOOPBACK = '127.0.0.1';

/**
 * Loopback ports that were free a moment ago, for programs that cannot report a port that the system chose for them.
 * Another program may take one first, so retry a start that fails for this reason with new ports.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => net.createServer());
  try {
    return await Promise.all(servers.map((server) => listen(server, LOOPBACK, 0, 'engine')));
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}
