import { readdir, readFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where a run may leave something behind. */
export interface Traces {
  /** Its own TRITON_LOCAL_HOME, by which its processes are found too. */
  readonly home: string;
  /** Its own TMPDIR. */
  readonly temporary: string;
  readonly ports: readonly number[];
  readonly pids: readonly number[];
}

/** What may stay: caches and state that the next start uses, and Node's own cache of compiled code. */
const LASTING = /^(azure|environments|runtime|tls|workspace|keys?|cache|logs)$/;
const COMPILE_CACHE = 'node-compile-cache';

/** Waits until nothing of the run is left, or gives the list of what still is after `limitMs`. */
export async function findLeftovers(traces: Traces, limitMs = 5_000): Promise<string[]> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const found = [
      ...(await processesOf(traces)),
      ...(await openPorts(traces.ports)),
      ...(await files(traces)),
    ];
    if (found.length === 0 || Date.now() > deadline) return found;
    await sleep(50);
  }
}

/** Process ids whose environment names this state folder: every descendant, orphans too. Linux only, else empty. */
export async function processesWithHome(home: string): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const mark = `TRITON_LOCAL_HOME=${home}`;
  const hits = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      return environment.split('\0').includes(mark) ? Number(pid) : undefined;
    }),
  );
  return hits.filter((pid) => pid !== undefined);
}

/** Whether a process exists and is not merely waiting to be collected by its parent. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
}

async function processesOf({ home, pids }: Traces): Promise<string[]> {
  const all = [...new Set([...pids, ...(await processesWithHome(home))])];
  const running = await Promise.all(all.map(async (pid) => ((await isRunning(pid)) ? pid : undefined)));
  return Promise.all(running.filter((pid) => pid !== undefined).map(describeProcess));
}

async function describeProcess(pid: number): Promise<string> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return `process ${pid} ${command.split('\0').join(' ').slice(0, 200)}`;
}

async function openPorts(ports: readonly number[]): Promise<string[]> {
  const open = await Promise.all(
    ports.map(async (port) => ((await accepts(port)) ? `port ${port}` : undefined)),
  );
  return open.filter((text) => text !== undefined);
}

/** Whether anything accepts connections on this port of the loopback. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function files({ home, temporary }: Traces): Promise<string[]> {
  const kept = (await filesBelow(home)).filter((file) => !LASTING.test(file.split(path.sep)[0] ?? ''));
  const temporaries = (await filesBelow(temporary)).filter((file) => !file.startsWith(COMPILE_CACHE));
  return [
    ...kept.map((file) => `state file ${file}`),
    ...temporaries.map((file) => `temporary file ${file}`),
  ];
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}
