import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import type { Server } from 'node:net';
import { promisify } from 'node:util';
import { formatAddress } from './addresses.ts';
import { hasErrno, messageOf, systemError } from './errors.ts';

/** What the search for a port's holder needs from the system; a parameter, so that tests can replace it. */
export interface PortSystem {
  readonly platform: NodeJS.Platform;
  /** The output of a program. */
  run(command: string, args: readonly string[]): Promise<string>;
}

const thisSystem: PortSystem = {
  platform: process.platform,
  run: async (command, args) =>
    (await promisify(execFile)(command, args, { timeout: 2_000, windowsHide: true })).stdout,
};

/** A process that holds a port, as far as the system reports it. */
export interface PortHolder {
  readonly pid: number;
  readonly command: string;
}

/**
 * Listens, and resolves with the actual port (0 picks any free port).
 * @throws PORT_TAKEN with the port and, if known, the process that holds it; PORT_REFUSED for other refusals.
 */
export async function listen(server: Server, host: string, port: number, purpose: string): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error) => {
        server.off('error', settle);
        server.off('listening', settle);
        if (error) reject(error);
        else resolve();
      };
      server.once('error', settle);
      server.once('listening', settle);
      server.listen({ host, port });
    });
  } catch (error) {
    throw await listenError(error, host, port, purpose);
  }
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}

/** Explains why a server could not listen; `purpose` names what the port is for. */
export async function listenError(
  error: unknown,
  host: string,
  port: number,
  purpose: string,
  system: PortSystem = thisSystem,
): Promise<Error> {
  if (hasErrno(error, 'EADDRINUSE')) {
    const holder = await findPortHolder(port, system);
    const by = holder ? ` by ${holder.command} (process ${holder.pid})` : '';
    return systemError('PORT_TAKEN', `port ${port} (${purpose}) is already in use${by}`, {
      hint: 'end that process, or choose another port (0 takes any free one)',
      cause: error,
    });
  }
  const { why, hint } = explainRefusal(error, host, port, system.platform);
  return systemError('PORT_REFUSED', `cannot listen on ${formatAddress(host, port)} (${purpose}): ${why}`, {
    hint,
    cause: error,
  });
}

function explainRefusal(
  error: unknown,
  host: string,
  port: number,
  platform: NodeJS.Platform,
): { why: string; hint: string } {
  if (hasErrno(error, 'EADDRNOTAVAIL')) {
    return {
      why: `no network interface here has the address ${host}`,
      hint: 'use 127.0.0.1, or 0.0.0.0 for all',
    };
  }
  if (hasErrno(error, 'ENOTFOUND', 'EAI_AGAIN')) {
    return { why: `the host ${host} is unknown`, hint: 'use an address, such as 127.0.0.1' };
  }
  if (hasErrno(error, 'EACCES')) {
    const isReserved = platform === 'win32';
    const hint = isReserved
      ? 'Windows may have reserved it (netsh interface ipv4 show excludedportrange tcp): choose another'
      : 'ports below 1024 need special rights: choose a higher one';
    return { why: 'permission denied', hint };
  }
  return {
    why: messageOf(error),
    hint: port > 65_535 ? 'ports end at 65535' : 'check the host and the port',
  };
}

/** The process that listens on a TCP port; `undefined` if the system does not report it. */
export async function findPortHolder(
  port: number,
  system: PortSystem = thisSystem,
): Promise<PortHolder | undefined> {
  try {
    if (system.platform === 'linux') return await findHolderInProc(port);
    if (system.platform === 'win32') return await findHolderByNetstat(port, system);
    return await findHolderByLsof(port, system);
  } catch {
    return undefined;
  }
}

async function findHolderInProc(port: number): Promise<PortHolder | undefined> {
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const rows = (await readFile(table, 'utf8').catch(() => '')).split('\n').slice(1);
    for (const row of rows) {
      const [, local, , state, , , , , , inode] = row.trim().split(/\s+/);
      const LISTENING = '0A';
      if (state === LISTENING && inode && Number.parseInt(local?.split(':')[1] ?? '', 16) === port)
        inodes.add(inode);
    }
  }
  if (inodes.size === 0) return undefined;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const descriptor of descriptors) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode && inodes.has(inode)) {
        const command = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a process');
        return { pid: Number(pid), command: command.trim() };
      }
    }
  }
  return undefined;
}

async function findHolderByLsof(port: number, { run }: PortSystem): Promise<PortHolder | undefined> {
  const stdout = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']);
  const pid = /^p(\d+)$/m.exec(stdout)?.[1];
  const command = /^c(.+)$/m.exec(stdout)?.[1];
  return pid ? { pid: Number(pid), command: command ?? 'a process' } : undefined;
}

async function findHolderByNetstat(port: number, { run }: PortSystem): Promise<PortHolder | undefined> {
  const stdout = await run('netstat', ['-ano']);
  // Recognised by the foreign address of a listener, because the word for its state depends on the system's language.
  const pid = new RegExp(`:${port}\\s+(?:0\\.0\\.0\\.0|\\[::\\]):0\\s+\\S+\\s+(\\d+)`).exec(stdout)?.[1];
  if (!pid) return undefined;
  const tasks = await run('tasklist', ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH']);
  return { pid: Number(pid), command: /^"([^"]+)"/.exec(tasks.trim())?.[1] ?? 'a process' };
}
