import net from 'node:net';
import { findPortHolder, hasErrno } from '../../base/index.ts';
import type { Finding } from './finding.ts';

/** The default ports by purpose. */
export const PORTS = {
  'scoring port': 6789,
  'HTTP port': 8000,
  'gRPC port': 8001,
  'metrics port': 8002,
};

export async function checkPort(subject: string, port: number): Promise<readonly Finding[]> {
  const problem = await new Promise<Error | undefined>((resolve) => {
    const server = net.createServer();
    server.once('error', resolve);
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
  if (!problem) return [{ subject, verdict: 'ok', detail: `${port} is free` }];
  const isTaken = hasErrno(problem, 'EADDRINUSE');
  const holder = isTaken ? await findPortHolder(port) : undefined;
  const by = holder ? ` by ${holder.command} (process ${holder.pid})` : '';
  const detail = isTaken ? `${port} is taken${by}` : `${port} is refused: ${problem.message}`;
  return [{ subject, verdict: 'lacking', detail, remedy: 'end that process, or choose another port' }];
}
